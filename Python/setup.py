"""Builds the extension over `nendb.h` and puts `libnendb.so` beside it into the wheel.

NENDB_INCLUDE and NENDB_LIBRARY name the folders of header and library; `make wheel` sets both.
"""

import os
import shutil
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

include = os.environ.get("NENDB_INCLUDE", "../Sources/CNenDB/include")
library = os.environ.get("NENDB_LIBRARY", "../build")


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        place = Path(self.build_lib) / "nendb"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy2(Path(library) / "libnendb.so", place)


setup(
    cmdclass={"build_py": BuildWithLibrary},
    ext_modules=[
        Extension(
            "nendb._nendb",
            sources=sorted(map(str, Path("src/_nendb").glob("*.c"))),
            depends=sorted(map(str, Path("src/_nendb").glob("*.h"))),
            include_dirs=[include],
            library_dirs=[library],
            libraries=["nendb"],
            define_macros=[("Py_LIMITED_API", "0x030A0000")],
            extra_compile_args=["-std=gnu11", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
            extra_link_args=["-Wl,-rpath,$ORIGIN"],
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
