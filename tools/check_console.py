"""Drives the console in headless Chromium against the running example fleet, and checks what a person would see.

Needs chromium, chromedriver and PyPI's selenium. Screenshots go to the folder that the first argument names.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from check_demo import AGENTS, Skep, fail

try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.keys import Keys
except ImportError:
    sys.exit("check-console needs PyPI's selenium, and Debian's chromium and chromium-driver")

PATIENCE = 60
MARKUP = "<script>window.harmed=1</script><img src=x onerror=window.harmed=1>"
LEFTWARD = "\u202eשלום مرحبا"
TRACE = "a" * 31 + "1"

# What a page must have to be read by others than eyes; each rule names what breaks it.
RULES = """
const found = [];
const name = (e) => (e.getAttribute('aria-label') || e.getAttribute('title') || e.textContent || e.getAttribute('alt') || '').trim()
  || [...(e.labels || [])].map((l) => l.textContent).join('').trim()
  || (e.getAttribute('aria-labelledby') || '').split(' ').map((i) => document.getElementById(i)?.textContent || '').join('').trim();
const visible = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
for (const e of document.querySelectorAll('a[href], button, input, select, textarea, [role=button], [role=tab]')) {
  if (visible(e) && !name(e) && !e.querySelector('img[alt]:not([alt=""])')) found.push('no name: ' + e.outerHTML.slice(0, 120));
}
for (const e of document.querySelectorAll('img:not([alt]), canvas:not([aria-label]), svg[role=img]:not([aria-label])')) found.push('no text for: ' + e.outerHTML.slice(0, 120));
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) found.push('twice the id ' + id);
if (!document.documentElement.lang) found.push('the page has no language');
if (document.querySelectorAll('main').length !== 1) found.push('not one main');
if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
let last = 0;
for (const e of document.querySelectorAll('h1, h2, h3, h4')) {
  const level = Number(e.tagName[1]);
  if (level > last + 1) found.push('the level of a heading jumps: ' + e.textContent.slice(0, 60));
  last = level;
}
for (const e of document.querySelectorAll('[tabindex]')) if (Number(e.getAttribute('tabindex')) > 0) found.push('a tabindex above 0');
for (const e of document.querySelectorAll('[aria-labelledby], [aria-controls]')) {
  for (const id of (e.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean)) if (!document.getElementById(id)) found.push('no element ' + id);
}
const parse = (text) => { const m = text.match(/[\\d.]+/g).map(Number); return { c: m.slice(0, 3), a: m.length > 3 ? m[3] : 1 }; };
const light = (c) => { const f = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
const behind = (e) => { for (; e; e = e.parentElement) { const b = parse(getComputedStyle(e).backgroundColor); if (b.a > 0.99) return b.c; } return [255, 255, 255]; };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n = walker.nextNode(); n; n = walker.nextNode()) {
  const e = n.parentElement;
  if (!n.data.trim() || !visible(e) || e.closest('.under, script, noscript, svg')) continue;
  const style = getComputedStyle(e);
  const [a, b] = [light(parse(style.color).c), light(behind(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) found.push('contrast ' + ratio.toFixed(2) + ': ' + n.data.trim().slice(0, 60));
}
return [...new Set(found)];
"""


class Browser:
    """One headless Chromium, ended by its own driver."""

    def __init__(self, width, height, scheme):
        options = Options()
        for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # Named, so that nothing is looked for elsewhere.
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        if width < 600:
            self.command("Emulation.setDeviceMetricsOverride",
                         {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True})

    def command(self, name, arguments):
        self.driver.execute_cdp_cmd(name, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, what, script, *arguments):
        """Waits until the script gives something true, and returns it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                found = self.run(script, *arguments)
                if found:
                    return found
            except WebDriverException:
                pass
            time.sleep(0.1)
        fail(f"the console did not come to this: {what}; it shows {self.run('return document.body.innerText')[:1500]}")

    def open(self, url):
        self.driver.get("about:blank")
        self.driver.get(url)
        self.until(f"{url} has a heading", "return document.querySelector('main h1')")

    def find(self, test):
        self.until(f"there is a {test}", "return document.querySelector(`[data-test=\"${arguments[0]}\"]`)", test)
        return self.driver.find_element("css selector", f'[data-test="{test}"]')

    def complaints(self):
        """What the browser logged; expressions that are still being written are refused, and that is no complaint."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE" and "parse_query" not in entry["message"] and "favicon" not in entry["message"]]


def ask(skep, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(skep.url + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def check(condition, what):
    if not condition:
        fail(what)
    print("ok:", what)


def check_pages(skep, folder):
    """Each page, in each form: nothing logged, nothing wider than the window, every rule kept."""
    trace = ask(skep, "/fleet/v1/traces?limit=1")["traces"][0]["trace_id"]
    pages = {"fleet": "fleet", "agent": "agents/coder", "alerts": "alerts", "history": "alerts?state=history", "traces": "traces",
             "trace": f"traces/{trace}", "in-flight": "traces/in-flight", "critical-path": "traces/critical-path", "audit": "traces/audit",
             "explore": "explore?expr=up&range=15m", "table": "explore?expr=up&tab=table", "deployments": "deployments"}
    for form, (width, height, scheme) in {"desk": (1360, 900, "light"), "dark": (1360, 900, "dark"), "phone": (360, 780, "light")}.items():
        browser = Browser(width, height, scheme)
        try:
            for page, address in pages.items():
                browser.open(f"{skep.url}/#/{address}")
                browser.until(f"{page} is still", "return !document.querySelector('main .problem') && performance.now() > 1500")
                broken = browser.run(RULES)
                over = browser.run("return document.documentElement.scrollWidth - innerWidth")
                browser.driver.save_screenshot(f"{folder}/{form}-{page}.png")
                complaints = browser.complaints()
                check(not broken and over <= 0 and not complaints, f"{form} {page} is as it should be {broken[:5]} {over} {complaints[:3]}")
        finally:
            browser.driver.quit()


def check_rules_can_fail(skep):
    """A page that breaks each rule is told so."""
    browser = Browser(800, 600, "light")
    try:
        browser.open(skep.url)
        browser.run("""document.documentElement.removeAttribute('lang');
          document.querySelector('main').append(Object.assign(document.createElement('button')), Object.assign(document.createElement('img'), {src: 'console/icon.svg'}));
          for (const [tag, text] of [['h1', 'second'], ['h4', 'jump'], ['p', 'pale']]) document.querySelector('main').append(Object.assign(document.createElement(tag), {textContent: text, id: 'same', tabIndex: 3}));
          document.querySelector('main p:last-child').style.color = '#ddd';""")
        broken = " ".join(browser.run(RULES))
        for sign in ["no name", "no text for", "twice the id", "no language", "not one h1", "jumps", "tabindex", "contrast"]:
            check(sign in broken, f"the rule “{sign}” can fail")
    finally:
        browser.driver.quit()


def check_doing(skep):
    """What people do: see a kill, silence, find a trace, draw a query, walk by keys."""
    browser = Browser(1360, 900, "light")
    try:
        browser.open(f"{skep.url}/#/fleet")
        browser.until("all agents are there", f"return document.querySelectorAll('[data-test=agent]').length === {len(AGENTS)}")
        browser.run("""window.states = []; new MutationObserver(() => states.push(document.querySelector('[data-agent=writer]').dataset.status))
          .observe(document.querySelector('[data-agent=writer]'), {attributes: true});""")
        pid = int(subprocess.run(["skep", "agents", "pid", "writer", "--server", skep.url], capture_output=True, text=True, check=True).stdout.split()[0])
        os.kill(pid, signal.SIGKILL)
        browser.until("the kill shows", "return states.includes('unhealthy') || states.includes('lost')")
        browser.until("the agent is back", "return document.querySelector('[data-agent=writer]').dataset.status === 'active'")
        check(True, "a kill and the restart are seen without loading again")

        browser.open(f"{skep.url}/#/alerts")
        browser.find("new-silence").click()
        browser.find("silence-matchers").send_keys('agent_id="writer", alertname=~"high.*"')
        browser.find("silence-comment").send_keys(MARKUP + LEFTWARD)
        browser.find("silence-send").click()
        browser.until("the silence is told", "return document.querySelector('.notice')")
        found = [one for one in ask(skep, "/api/v2/silences") if one["comment"] == MARKUP + LEFTWARD]
        check(len(found) == 1 and {m["name"] for m in found[0]["matchers"]} == {"agent_id", "alertname"}, "a silence is set")
        browser.find("tab-silences").click()
        browser.find("expire").click()
        browser.until("the silence is over", "return document.querySelectorAll('[data-test=silence-row]').length === 0")
        check(ask(skep, f"/api/v2/silence/{found[0]['id']}")["status"]["state"] == "expired", "and expired")

        browser.open(f"{skep.url}/#/traces?agent_id=writer")
        browser.find("trace-find").click()
        browser.until("a trace is found", "return document.querySelector('[data-test=trace] a')")
        browser.run("document.querySelector('[data-test=trace] a').click()")
        browser.until("its critical path is marked", "return document.querySelectorAll('[data-test=span][data-critical]').length > 2")
        browser.run("document.querySelector('[data-test=span]').focus()")
        browser.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
        browser.find("span-details")
        check(True, "a trace is found and its path read by keys")

        browser.open(f"{skep.url}/#/explore?range=5m")
        field = browser.find("expression")
        field.send_keys("sum by (agent_id) (rate(agent_requests_to")
        browser.until("completions come", "return document.querySelectorAll('[data-test=completions] li').length > 0")
        field.send_keys(Keys.ARROW_DOWN, Keys.ENTER, "[1m]", Keys.ENTER)
        browser.until("the error has its place", "return document.querySelector('[data-test=error-mark]')")
        field.send_keys("))", Keys.ENTER)
        browser.until("the query is drawn", "return /series in/.test(document.querySelector('[data-test=state]').textContent)")
        drawn = browser.until("lines are there", """document.querySelector('[data-test=run]').click();
          const c = document.querySelector('[data-test=plot]'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;
          for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 60) n += 1;
          return n > 200 && n;""")
        check(drawn, f"a query is completed and drawn ({drawn} coloured points)")

        browser.open(f"{skep.url}/#/fleet")
        body = browser.driver.find_element("css selector", "body")
        for key, view in zip("12345", ["fleet", "alerts", "traces", "explore", "deployments"]):
            browser.run("document.activeElement.blur()")
            body.send_keys(key)
            browser.until(f"key {key} leads to {view}", f"return location.hash.startsWith('#/{view}') && document.querySelector('main h1')")
        check(True, "keys lead to every view")
        complaints = [one for one in browser.complaints() if "query_range" not in one]
        check(not complaints, f"nothing was logged {complaints[:3]}")
    finally:
        browser.driver.quit()


def check_hostile(skep):
    """What agents say of themselves harms nothing."""
    now = time.time()
    moment = lambda offset: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + offset))
    names = [(MARKUP, MARKUP), ("L" * 4000, "O" * 4000), (LEFTWARD, LEFTWARD)]
    ask(skep, "/fleet/v1/spans", [
        {"trace_id": TRACE, "span_id": f"{place + 1:016x}", "parent_span_id": None if place == 0 else f"{1:016x}", "operation": operation,
         "agent_id": agent, "start_time": moment(-5), "end_time": moment(-3), "status": "completed",
         "metadata": {"k" + MARKUP: MARKUP, "long": "x" * 10_000, LEFTWARD: LEFTWARD}} for place, (agent, operation) in enumerate(names)])
    ask(skep, "/fleet/v1/agents", {"agent_id": "odd", "metrics_endpoint": "http://127.0.0.1:9/metrics", "labels": {"team": MARKUP + LEFTWARD + "x" * 1000}})
    browser = Browser(1360, 900, "light")
    try:
        for address in ["traces", f"traces/{TRACE}", "fleet", "agents/odd", "alerts"]:
            browser.open(f"{skep.url}/#/{address}")
            browser.run("for (const span of document.querySelectorAll('[data-test=span]')) span.click()")
            browser.until("it is still", "return performance.now() > 2500")
            over = browser.run("return document.documentElement.scrollWidth - innerWidth")
            check(not browser.run("return window.harmed") and over <= 0, f"hostile names do no harm on {address}")
    finally:
        browser.driver.quit()


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="skep-console-")
    os.makedirs(folder, exist_ok=True)
    print("screenshots:", folder)
    with tempfile.TemporaryDirectory() as data:
        skep = Skep(data)
        try:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and not ask(skep, "/fleet/v1/traces?agent_id=writer&limit=1")["traces"]:
                time.sleep(0.5)
            check_doing(skep)
            check_pages(skep, folder)
            check_rules_can_fail(skep)
            check_hostile(skep)
        finally:
            skep.process.send_signal(signal.SIGTERM)
            skep.process.wait(timeout=30)
    print("the console is as it should be")


if __name__ == "__main__":
    main()
