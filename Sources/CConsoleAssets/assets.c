#include "CConsoleAssets.h"

// The files of the console's page, whole, inside the binary. The test `ConsoleAssetsTests` compares this list with the folder.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char agent_js[] = {
#embed "../Console/Assets/agent.js"
};
static const unsigned char alerts_js[] = {
#embed "../Console/Assets/alerts.js"
};
static const unsigned char api_js[] = {
#embed "../Console/Assets/api.js"
};
static const unsigned char app_js[] = {
#embed "../Console/Assets/app.js"
};
static const unsigned char chart_js[] = {
#embed "../Console/Assets/chart.js"
};
static const unsigned char complete_js[] = {
#embed "../Console/Assets/complete.js"
};
static const unsigned char report_js[] = {
#embed "../Console/Assets/report.js"
};
static const unsigned char deployments_js[] = {
#embed "../Console/Assets/deployments.js"
};
static const unsigned char dom_js[] = {
#embed "../Console/Assets/dom.js"
};
static const unsigned char explore_js[] = {
#embed "../Console/Assets/explore.js"
};
static const unsigned char fleet_js[] = {
#embed "../Console/Assets/fleet.js"
};
static const unsigned char format_js[] = {
#embed "../Console/Assets/format.js"
};
static const unsigned char graph_js[] = {
#embed "../Console/Assets/graph.js"
};
static const unsigned char icon_svg[] = {
#embed "../Console/Assets/icon.svg"
};
static const unsigned char index_html[] = {
#embed "../Console/Assets/index.html"
};
static const unsigned char spark_js[] = {
#embed "../Console/Assets/spark.js"
};
static const unsigned char style_css[] = {
#embed "../Console/Assets/style.css"
};
static const unsigned char trace_js[] = {
#embed "../Console/Assets/trace.js"
};
static const unsigned char traces_js[] = {
#embed "../Console/Assets/traces.js"
};

static const struct console_asset assets[] = {
  {"agent.js", agent_js, sizeof agent_js},
  {"alerts.js", alerts_js, sizeof alerts_js},
  {"api.js", api_js, sizeof api_js},
  {"app.js", app_js, sizeof app_js},
  {"chart.js", chart_js, sizeof chart_js},
  {"complete.js", complete_js, sizeof complete_js},
  {"report.js", report_js, sizeof report_js},
  {"deployments.js", deployments_js, sizeof deployments_js},
  {"dom.js", dom_js, sizeof dom_js},
  {"explore.js", explore_js, sizeof explore_js},
  {"fleet.js", fleet_js, sizeof fleet_js},
  {"format.js", format_js, sizeof format_js},
  {"graph.js", graph_js, sizeof graph_js},
  {"icon.svg", icon_svg, sizeof icon_svg},
  {"index.html", index_html, sizeof index_html},
  {"spark.js", spark_js, sizeof spark_js},
  {"style.css", style_css, sizeof style_css},
  {"trace.js", trace_js, sizeof trace_js},
  {"traces.js", traces_js, sizeof traces_js},
};

size_t console_asset_count(void) { return sizeof assets / sizeof assets[0]; }

const struct console_asset *console_asset_at(size_t place) { return &assets[place]; }
