"""From the spool through the rules into the store: events, hits, counts and the offset in one transaction.

run(home, stop)    as a process of its own
step()             one cycle now
drain()            cycles until the spools are read up
"""

from accord.monitoring.pumping.holding import Busy, elsewhere
from accord.monitoring.pumping.pump import Cycle
from accord.monitoring.pumping.running import drain, run, step

__all__ = ["Busy", "Cycle", "drain", "elsewhere", "run", "step"]
