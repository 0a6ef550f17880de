"""An agent that serves OpenMetrics with exemplars which change ten times a second; prints its port."""
import http.server
import signal
import time

# Whoever started this may have the signal ignored, and what is ignored is inherited.
signal.signal(signal.SIGTERM, signal.SIG_DFL)


def body():
    ticks = int(time.time() * 10)
    lines = ["# TYPE work_seconds histogram"]
    for number, bound in enumerate(["0.1", "1.0", "+Inf"]):
        trace = f'{{trace_id="{ticks:032x}",span_id="{number + 1:016x}"}}'
        at = f" {ticks / 10 - number:.3f}" if number < 2 else ""
        lines.append(f'work_seconds_bucket{{le="{bound}"}} {ticks * (number + 1)} # {trace} {number + 0.05}{at}')
    lines += [f"work_seconds_sum {ticks}", f"work_seconds_count {ticks * 3}", "# TYPE work counter"]
    lines += [f'work_total{{kind="a\\"b"}} {ticks} # {{trace_id="t{ticks // 5}"}} 1.0', "# EOF", ""]
    return "\n".join(lines).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = body()
        self.send_response(200)
        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
