// The files for browsers, as bytes of the binary.
//
// #embed (C23) and not SwiftPM's embedInCode: an array literal of 150,000 numbers costs the Swift compiler 40 s each time
// one of the files changes; this costs nothing, and a change of a file is noticed all the same.
#include "CBrowserClient.h"

static const unsigned char realtime_client_js[] = {
#embed "../BrowserClient/realtime-client.js"
};
static const unsigned char realtime_calls_js[] = {
#embed "../BrowserClient/realtime-calls.js"
};
static const unsigned char realtime_care_js[] = {
#embed "../BrowserClient/realtime-care.js"
};
static const unsigned char realtime_sound_js[] = {
#embed "../BrowserClient/realtime-sound.js"
};
static const unsigned char realtime_turns_js[] = {
#embed "../BrowserClient/realtime-turns.js"
};
static const unsigned char sandbox_peer_js[] = {
#embed "../BrowserClient/sandbox-peer.js"
};
static const unsigned char sandbox_peer_d_ts[] = {
#embed "../BrowserClient/sandbox-peer.d.ts"
};
static const unsigned char device_check_js[] = {
#embed "../BrowserClient/device-check.js"
};
static const unsigned char device_check_d_ts[] = {
#embed "../BrowserClient/device-check.d.ts"
};
static const unsigned char test_server_js[] = {
#embed "../BrowserClient/test-server.js"
};
static const unsigned char test_server_d_ts[] = {
#embed "../BrowserClient/test-server.d.ts"
};
static const unsigned char test_browser_js[] = {
#embed "../BrowserClient/test-browser.js"
};
static const unsigned char realtime_client_d_ts[] = {
#embed "../BrowserClient/realtime-client.d.ts"
};
static const unsigned char package_json[] = {
#embed "../BrowserClient/package.json"
};
static const unsigned char react_js[] = {
#embed "../BrowserClient/react.js"
};
static const unsigned char react_d_ts[] = {
#embed "../BrowserClient/react.d.ts"
};

static const unsigned char demo_connection_js[] = {
#embed "../BrowserClient/demo/connection.js"
};
static const unsigned char demo_controls_css[] = {
#embed "../BrowserClient/demo/controls.css"
};
static const unsigned char demo_demo_css[] = {
#embed "../BrowserClient/demo/demo.css"
};
static const unsigned char demo_demo_js[] = {
#embed "../BrowserClient/demo/demo.js"
};
static const unsigned char demo_events_js[] = {
#embed "../BrowserClient/demo/events.js"
};
static const unsigned char demo_icon_svg[] = {
#embed "../BrowserClient/demo/icon.svg"
};
static const unsigned char demo_index_html[] = {
#embed "../BrowserClient/demo/index.html"
};
static const unsigned char demo_page_js[] = {
#embed "../BrowserClient/demo/page.js"
};
static const unsigned char demo_panel_css[] = {
#embed "../BrowserClient/demo/panel.css"
};
static const unsigned char demo_reasons_js[] = {
#embed "../BrowserClient/demo/reasons.js"
};
static const unsigned char demo_script_css[] = {
#embed "../BrowserClient/demo/script.css"
};
static const unsigned char demo_sound_js[] = {
#embed "../BrowserClient/demo/sound.js"
};
static const unsigned char demo_stage_js[] = {
#embed "../BrowserClient/demo/stage.js"
};
static const unsigned char demo_stone_css[] = {
#embed "../BrowserClient/demo/stone.css"
};
static const unsigned char demo_stone_js[] = {
#embed "../BrowserClient/demo/stone.js"
};
static const unsigned char demo_theme_css[] = {
#embed "../BrowserClient/demo/theme.css"
};
static const unsigned char demo_theme_js[] = {
#embed "../BrowserClient/demo/theme.js"
};
static const unsigned char demo_transcript_js[] = {
#embed "../BrowserClient/demo/transcript.js"
};
static const unsigned char demo_trouble_js[] = {
#embed "../BrowserClient/demo/trouble.js"
};
static const unsigned char demo_words_js[] = {
#embed "../BrowserClient/demo/words.js"
};

static const unsigned char operator_attention_js[] = {
#embed "../BrowserClient/operator/attention.js"
};
static const unsigned char operator_calls_js[] = {
#embed "../BrowserClient/operator/calls.js"
};
static const unsigned char operator_charts_js[] = {
#embed "../BrowserClient/operator/charts.js"
};
static const unsigned char operator_figures_css[] = {
#embed "../BrowserClient/operator/figures.css"
};
static const unsigned char operator_index_html[] = {
#embed "../BrowserClient/operator/index.html"
};
static const unsigned char operator_operator_css[] = {
#embed "../BrowserClient/operator/operator.css"
};
static const unsigned char operator_operator_js[] = {
#embed "../BrowserClient/operator/operator.js"
};
static const unsigned char operator_source_js[] = {
#embed "../BrowserClient/operator/source.js"
};
static const unsigned char operator_tables_js[] = {
#embed "../BrowserClient/operator/tables.js"
};
static const unsigned char operator_text_js[] = {
#embed "../BrowserClient/operator/text.js"
};

static const struct browser_file library[] = {
    {"realtime-client.js", realtime_client_js, sizeof realtime_client_js},
    {"realtime-calls.js", realtime_calls_js, sizeof realtime_calls_js},
    {"realtime-care.js", realtime_care_js, sizeof realtime_care_js},
    {"realtime-sound.js", realtime_sound_js, sizeof realtime_sound_js},
    {"realtime-turns.js", realtime_turns_js, sizeof realtime_turns_js},
    {"sandbox-peer.js", sandbox_peer_js, sizeof sandbox_peer_js},
    {"sandbox-peer.d.ts", sandbox_peer_d_ts, sizeof sandbox_peer_d_ts},
    {"device-check.js", device_check_js, sizeof device_check_js},
    {"device-check.d.ts", device_check_d_ts, sizeof device_check_d_ts},
    {"test-server.js", test_server_js, sizeof test_server_js},
    {"test-server.d.ts", test_server_d_ts, sizeof test_server_d_ts},
    {"test-browser.js", test_browser_js, sizeof test_browser_js},
    {"realtime-client.d.ts", realtime_client_d_ts, sizeof realtime_client_d_ts},
    {"react.js", react_js, sizeof react_js},
    {"react.d.ts", react_d_ts, sizeof react_d_ts},
};
const long browser_library_count = sizeof library / sizeof *library;
struct browser_file browser_library_at(long index) { return library[index]; }

static const struct browser_file manifest = {"package.json", package_json, sizeof package_json};
struct browser_file browser_manifest_at(long index) { return (void)index, manifest; }

static const struct browser_file demo[] = {
    {"connection.js", demo_connection_js, sizeof demo_connection_js},
    {"controls.css", demo_controls_css, sizeof demo_controls_css},
    {"demo.css", demo_demo_css, sizeof demo_demo_css},
    {"demo.js", demo_demo_js, sizeof demo_demo_js},
    {"events.js", demo_events_js, sizeof demo_events_js},
    {"icon.svg", demo_icon_svg, sizeof demo_icon_svg},
    {"index.html", demo_index_html, sizeof demo_index_html},
    {"page.js", demo_page_js, sizeof demo_page_js},
    {"panel.css", demo_panel_css, sizeof demo_panel_css},
    {"reasons.js", demo_reasons_js, sizeof demo_reasons_js},
    {"script.css", demo_script_css, sizeof demo_script_css},
    {"sound.js", demo_sound_js, sizeof demo_sound_js},
    {"stage.js", demo_stage_js, sizeof demo_stage_js},
    {"stone.css", demo_stone_css, sizeof demo_stone_css},
    {"stone.js", demo_stone_js, sizeof demo_stone_js},
    {"theme.css", demo_theme_css, sizeof demo_theme_css},
    {"theme.js", demo_theme_js, sizeof demo_theme_js},
    {"transcript.js", demo_transcript_js, sizeof demo_transcript_js},
    {"trouble.js", demo_trouble_js, sizeof demo_trouble_js},
    {"words.js", demo_words_js, sizeof demo_words_js},
};
const long browser_demo_count = sizeof demo / sizeof *demo;
struct browser_file browser_demo_at(long index) { return demo[index]; }

static const struct browser_file operations[] = {
    {"operator/attention.js", operator_attention_js, sizeof operator_attention_js},
    {"operator/calls.js", operator_calls_js, sizeof operator_calls_js},
    {"operator/charts.js", operator_charts_js, sizeof operator_charts_js},
    {"operator/figures.css", operator_figures_css, sizeof operator_figures_css},
    {"operator/index.html", operator_index_html, sizeof operator_index_html},
    {"operator/operator.css", operator_operator_css, sizeof operator_operator_css},
    {"operator/operator.js", operator_operator_js, sizeof operator_operator_js},
    {"operator/source.js", operator_source_js, sizeof operator_source_js},
    {"operator/tables.js", operator_tables_js, sizeof operator_tables_js},
    {"operator/text.js", operator_text_js, sizeof operator_text_js},
    {"demo/controls.css", demo_controls_css, sizeof demo_controls_css},
    {"demo/icon.svg", demo_icon_svg, sizeof demo_icon_svg},
    {"demo/page.js", demo_page_js, sizeof demo_page_js},
    {"demo/theme.css", demo_theme_css, sizeof demo_theme_css},
    {"demo/theme.js", demo_theme_js, sizeof demo_theme_js},
};
const long browser_operations_count = sizeof operations / sizeof *operations;
struct browser_file browser_operations_at(long index) { return operations[index]; }
