"""The record: inbox, incidents, timeline, approvals, mitigation ledger. Postgres, through SQLAlchemy's asyncio."""
