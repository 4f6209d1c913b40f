"""`python -m flows.engine`: Prefect's own engine, which works one flow run, with the garbage collected less often.

Importing Prefect, SQLAlchemy and the flows makes some 310,000 objects: at Python's own threshold, looking for garbage
among them takes a fifth of the time it takes to import them.
"""

import gc
import runpy

_OBJECTS_BETWEEN_COLLECTIONS = 400_000

if __name__ == "__main__":
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
