"""The processes that make a running Steadyhand: started in order, watched, stopped without a trace."""
