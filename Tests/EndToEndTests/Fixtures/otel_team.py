"""A team whose members know nothing of Skep: each a process with OpenTelemetry's SDK and one of its OTLP exporters.

otel_team.py serve NAME PROTOCOL ENDPOINT [NEXT]   answers POST /work; prints its port; ends at the end of its input
otel_team.py ask NAME PROTOCOL ENDPOINT NEXT COUNT sends COUNT requests to NEXT; prints their trace ids once all is exported

PROTOCOL is http, http-gzip or grpc. Times are not the clock's: a request says when it begins and an answer when it has ended,
in nanoseconds, so that what an analysis must find is known beforehand:

  planner     invoke_agent  0 to 103 ms   chat 0 to 10, call 10 to 100
  researcher  invoke_agent 12 to  98 ms   execute_tool 12 to 42, call 42 to 96
  writer      invoke_agent 44 to  94 ms   chat 44 to 94
"""
import http.server
import json
import signal
import sys
import threading
import time
import urllib.request

# Whoever started this may have the signal ignored, and what is ignored is inherited.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

MS = 1_000_000


class Checked(SpanExporter):
    """Passes on to the real exporter and remembers whether all was taken."""

    def __init__(self, exporter):
        self.exporter = exporter
        self.failures = 0

    def export(self, spans):
        result = self.exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self.failures += 1
        return result

    def shutdown(self):
        self.exporter.shutdown()

    def force_flush(self, timeout_millis=30000):
        return True


def provider(name, protocol, endpoint):
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
        exporter = OTLPSpanExporter(endpoint=endpoint, insecure=True, timeout=60)
    else:
        from opentelemetry.exporter.otlp.proto.http import Compression
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        compression = Compression.Gzip if protocol == "http-gzip" else Compression.NoCompression
        exporter = OTLPSpanExporter(endpoint=endpoint + "/v1/traces", compression=compression, timeout=60)
    checked = Checked(exporter)
    made = TracerProvider(resource=Resource.create({"service.name": name, "service.instance.id": name + "-1"}))
    made.add_span_processor(BatchSpanProcessor(checked))
    trace.set_tracer_provider(made)
    return made, checked


class Member:
    def __init__(self, name, next_address):
        self.name = name
        self.next = next_address
        self.tracer = trace.get_tracer("otel-team", "1.0")

    def part(self, name, begin, end, **attributes):
        span = self.tracer.start_span(name, start_time=begin, kind=trace.SpanKind.CLIENT, attributes=attributes)
        span.add_event("half way", {"member": self.name}, timestamp=(begin + end) // 2)
        span.end(end_time=end)
        return end

    def call(self, begin, conversation):
        """Hands on, two milliseconds each way."""
        span = self.tracer.start_span("POST /work", start_time=begin, kind=trace.SpanKind.CLIENT)
        with trace.use_span(span):
            headers = {"content-type": "application/json"}
            inject(headers)
            body = json.dumps({"at": begin + 2 * MS, "conversation": conversation}).encode()
            request = urllib.request.Request(self.next + "/work", body, headers)
            with urllib.request.urlopen(request, timeout=120) as answer:
                end = json.load(answer)["ended"] + 2 * MS
        span.end(end_time=end)
        return end

    def invoke(self, begin, conversation, kind, context=None):
        """Does this member's part; returns the span and when it ended."""
        attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": self.name,
                      "gen_ai.conversation.id": conversation}
        span = self.tracer.start_span(
            f"invoke_agent {self.name}", context, kind=kind, start_time=begin, attributes=attributes)
        with trace.use_span(span):
            now = begin
            if self.name == "planner":
                now = self.chat("small-1", now, now + 10 * MS, 100, 20)
            elif self.name == "researcher":
                now = self.part("execute_tool web_search", now, now + 30 * MS, **{
                    "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "web_search"})
            else:
                now = self.chat("large-1", now, now + 50 * MS, 1000, 200)
            if self.next:
                now = self.call(now, conversation) + {"planner": 3, "researcher": 2}[self.name] * MS
        span.end(end_time=now)
        return span, now

    def chat(self, model, begin, end, read, written):
        return self.part(f"chat {model}", begin, end, **{
            "gen_ai.operation.name": "chat", "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": read, "gen_ai.usage.output_tokens": written})


def serve(member):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            order = json.loads(self.rfile.read(int(self.headers["content-length"])))
            context = extract({name.lower(): value for name, value in self.headers.items()})
            _, ended = member.invoke(order["at"], order["conversation"], trace.SpanKind.SERVER, context)
            body = json.dumps({"ended": ended}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


def ask(member, count):
    start = time.time_ns() - 120_000 * MS
    traces = []
    for number in range(count):
        span, _ = member.invoke(start + number * 200 * MS, f"conversation-{number}", trace.SpanKind.INTERNAL)
        traces.append(f"{span.get_span_context().trace_id:032x}")
    return traces


mode, name, protocol, endpoint = sys.argv[1:5]
made, checked = provider(name, protocol, endpoint)
member = Member(name, sys.argv[5] if len(sys.argv) > 5 else None)
traces = []
if mode == "serve":
    serve(member)
else:
    traces = ask(member, int(sys.argv[6]))
made.shutdown()
print(json.dumps({"traces": traces, "failures": checked.failures}), flush=True)
sys.exit(1 if checked.failures else 0)
