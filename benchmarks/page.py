"""Measure the page: what it weighs, when one can type, when the first word of an answer is there.

    python -m benchmarks.page [--times 5]

A real server on the sample corpus and a real Chromium on the same machine. Weights are bytes over
the wire, on a first visit; times are medians and ranges over so many visits in fresh browsers.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from ragbot.settings import load_settings
from tests.serving import serving

QUESTION = "上海计划建设什么中心？"


def visit(browser: Browser, address: str) -> dict[str, float]:
    """Open the page once, ask once; milliseconds and kilobytes."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    weight = [0.0, 0.0]

    def count(event: dict[str, float]) -> None:
        weight[0] += event["encodedDataLength"]
        weight[1] += 1

    network.on("Network.loadingFinished", count)
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator("#question textarea").wait_for()
    typed = time.perf_counter() - began
    page.locator("#chat .example").first.wait_for()
    whole = time.perf_counter() - began
    page.fill("#question textarea", QUESTION)
    page.evaluate(
        """() => { window.first = new Promise(done => new MutationObserver(() => {
            if (document.querySelector('#chat .answer')) done(performance.now());
        }).observe(document.body, {childList: true, subtree: true})); }"""
    )
    asked = page.evaluate("performance.now()")
    page.press("#question textarea", "Enter")
    first = page.evaluate("window.first") - asked
    page.locator("#chat .places").wait_for()
    timing = page.locator("#chat .inside p").first.text_content() or ""
    context.close()
    retrieval = next((float(p.split()[1]) for p in timing.split("·") if "total" in p), 0.0)
    return {
        "weight, KB": weight[0] / 1024,
        "requests": weight[1],
        "can type, ms": typed * 1000,
        "examples there, ms": whole * 1000,
        "first word after Enter, ms": first,
        "of that retrieval and answer, ms": retrieval,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5, help="visits")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if not chromium:
        parser.error("there is no chromium; install it")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(load_settings().data_dir, Path(folder) / "stderr.txt") as address,
        sync_playwright() as playwright,
    ):
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        visits = [visit(browser, address) for _ in range(options.times + 1)][1:]
        browser.close()
    for name in visits[0]:
        values = [one[name] for one in visits]
        print(f"{name:34}{statistics.median(values):9.0f}  ({min(values):.0f}-{max(values):.0f})")


if __name__ == "__main__":
    main()
