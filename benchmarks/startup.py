"""How long until the page and ``/health`` answer?

    python -m benchmarks.startup [--times 3] [--limit-s 12]

Starts the app that often on an empty folder, prints each time and the server's memory then, and stops it with
SIGTERM. Exit 1 when the slowest start exceeds the limit.
"""

import argparse
import sys

from benchmarks.serve import running

MIB = 1024**2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--limit-s", type=float, default=12.0)
    arguments = parser.parse_args()
    seconds: list[float] = []
    for _ in range(arguments.times):
        with running() as server:
            seconds.append(server.startup_s)
            print(f"the page answers after {server.startup_s:.1f} s, with {server.peak_rss_bytes() / MIB:.0f} MiB")
    return 0 if max(seconds) <= arguments.limit_s else 1


if __name__ == "__main__":
    sys.exit(main())
