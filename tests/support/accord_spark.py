"""A standalone Spark cluster on loopback: one master and some workers, each a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "spark"
"""Where `make build/spark/.ready` puts PySpark."""


def missing() -> str:
    """Why there can be no cluster; "" if there can."""
    if not (FOLDER / "pyspark").is_dir() and find_spec("pyspark") is None:
        return "PySpark is not there: make build/spark/.ready"
    return "" if shutil.which("java") else "Java is not there (17 is needed)"


def add_to_path() -> None:
    """Let this process import PySpark."""
    if (FOLDER / "pyspark").is_dir() and str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[Any]:
    """A session on a new cluster of so many workers with one core each; all of it ends with the block."""
    add_to_path()
    import pyspark
    from pyspark.sql import SparkSession

    home = Path(pyspark.__file__).parent
    paths = os.pathsep.join([str(ROOT / "src"), str(home.parent)])
    environment = {
        **os.environ, "SPARK_HOME": str(home), "PYTHONPATH": paths, "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "127.0.0.1", "SPARK_WORKER_DIR": str(folder / "work"),
    }  # fmt: skip
    os.environ.update({name: environment[name] for name in ("PYSPARK_PYTHON", "SPARK_LOCAL_IP")})
    port = _free_port()
    start = [str(home / "bin" / "spark-class")]
    commands = [
        [*start, "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port),
         "--webui-port", str(_free_port())],
        *([*start, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g",
           "--webui-port", str(_free_port()), f"spark://127.0.0.1:{port}"] for _ in range(workers)),
    ]  # fmt: skip
    processes: list[subprocess.Popen[bytes]] = []
    session = None
    try:
        for number, command in enumerate(commands):
            log = (folder / f"spark-{number}.log").open("wb")
            processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            if number == 0:
                _wait(port)
        settings = {
            "spark.executor.memory": "700m", "spark.executor.cores": "1", "spark.cores.max": str(workers),
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
            "spark.executorEnv.PYTHONPATH": paths, "spark.sql.caseSensitive": "true",
            "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
            "spark.sql.files.maxPartitionBytes": str(8 << 20),
        }  # fmt: skip
        builder = SparkSession.builder.master(f"spark://127.0.0.1:{port}").appName("accord")
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
    finally:
        if session is not None:
            session.stop()
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("The master of the cluster did not start.")
