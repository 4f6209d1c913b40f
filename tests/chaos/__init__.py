"""Killing every part at random while alerts stream in: nothing acknowledged is lost, nothing is opened or run twice."""
