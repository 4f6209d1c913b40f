"""The receiver as a process, with bounds a test can wait for: `python -m tests.contract.doors.serving LIMITS`.

LIMITS is JSON. The profile is the one the environment names.
"""

import json
import sys

from steadyhand.cli.edge import log_to_stderr
from steadyhand.profile import load_profile
from steadyhand.receiver.limits import Limits
from steadyhand.receiver.server import serve

if __name__ == "__main__":
    log_to_stderr()
    serve(load_profile(), limits=Limits(**json.loads(sys.argv[1])))
