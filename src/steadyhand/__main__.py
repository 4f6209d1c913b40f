"""`python -m steadyhand` is the command `steadyhand`."""

from steadyhand.cli import main

main()
