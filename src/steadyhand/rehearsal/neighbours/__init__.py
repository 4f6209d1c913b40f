"""Stateful stand-ins for services that cannot run on a development machine, true to their public APIs' schemas."""
