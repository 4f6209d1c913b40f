"""What is shipped for Prometheus and Alertmanager, judged by their own programs."""
