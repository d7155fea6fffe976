#!/bin/sh
# Print the path of a Chromium, after installing one where there is none and that is possible.
# Exit status 1, with the reason on stderr, where there is none.
set -u
cd "$(dirname "$0")/.."

found() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" 2>/dev/null && return 0
    done
    .venv/bin/python - 2>/dev/null <<'PYTHON'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = pathlib.Path(playwright.chromium.executable_path)
if not path.exists():
    sys.exit(1)
print(path)
PYTHON
}

found && exit 0
mkdir -p build
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium (apt)." >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; }
else
    echo "Installing Chromium (Playwright)." >&2
    timeout 300 .venv/bin/playwright install chromium
fi </dev/null >build/chromium.log 2>&1
found && exit 0
tail -n 5 build/chromium.log >&2
echo "No Chromium on this machine, and none could be installed. Debian: sudo apt install chromium" >&2
exit 1
