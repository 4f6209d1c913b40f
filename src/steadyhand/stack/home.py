"""Where flows/, tasks/ and prefect.yaml are: the repository, which the wheel does not hold."""

import os
from pathlib import Path

from steadyhand.errors import ConfigurationError

HOME_VARIABLE = "STEADYHAND_HOME"


def project_home() -> Path:
    """`$STEADYHAND_HOME`, else the nearest directory above the working directory or this file that has prefect.yaml.

    Raises ConfigurationError when there is none.
    """
    named = os.environ.get(HOME_VARIABLE)
    starts = [Path(named)] if named else [Path.cwd(), Path(__file__).resolve()]
    for start in starts:
        for directory in (start, *start.parents):
            if (directory / "prefect.yaml").is_file() and (directory / "flows").is_dir():
                return directory
    raise ConfigurationError(
        f"cannot find Steadyhand's repository (flows/, prefect.yaml) from {starts[0]}; "
        f"run this inside it or set {HOME_VARIABLE}"
    )
