"""In a process of a test: everything that any library logs, and a crash where the test wants one."""

import logging
import os
import sys

logging.basicConfig(filename=os.environ["EVERYTHING_LOGGED"], level=logging.DEBUG, force=True)
logging.captureWarnings(True)
for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "instructor", "aiohttp", "asyncio", "summarizer"):
    logging.getLogger(name).setLevel(logging.DEBUG)

if place := os.environ.get("CRASH_IN"):
    module, _, name = place.partition(":")

    class Crash:
        """Puts the fault in once the module has been imported."""

        def find_spec(self, found, path=None, target=None):
            if found != module:
                return None
            import importlib.util

            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(found)
            load = spec.loader.exec_module

            def exec_module(made):
                load(made)

                def crash(*arguments, **named):
                    raise RuntimeError("planted")

                *owner, attribute = name.split(".")
                setattr(getattr(made, owner[0]) if owner else made, attribute, crash)

            spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Crash())
