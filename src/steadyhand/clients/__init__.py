"""Everything that leaves the process. Every call has a timeout; retries are Prefect's."""
