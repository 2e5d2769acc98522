//! Whole-file tests, with texts as users write them.

use super::*;

const RESOURCES: &str = "@opentelemetry/resources";
const EXPORTER: &str = "@opentelemetry/exporter-trace-otlp-http";

/// Returns the constructions and calls of `Resource` of the resources package, as the text of their names.
fn resource_uses(text: &str, dialect: Dialect) -> Vec<String> {
    analyze(text, dialect)
        .uses
        .iter()
        .filter(|used| used.module.ends_with("/resources") && used.export == "Resource")
        .filter(|used| used.kind == UseKind::Construct)
        .map(|used| text[used.name_span.clone()].to_owned())
        .collect()
}

fn check_resource(text: &str, expected: &[&str]) {
    assert_eq!(resource_uses(text, Dialect::Auto), expected, "{text}");
    assert_eq!(resource_uses(text, Dialect::TypeScript), expected, "TypeScript: {text}");
}

#[test]
fn a_construction_is_found_however_it_is_bound() {
    check_resource(
        "const { Resource } = require('@opentelemetry/resources'); new Resource({});",
        &["Resource"],
    );
    check_resource(
        "const { Resource: R } = require('@opentelemetry/resources'); new R({});",
        &["R"],
    );
    check_resource(
        "const r = require('@opentelemetry/resources'); new r.Resource({});",
        &["r.Resource"],
    );
    check_resource(
        "const r = require('@opentelemetry/resources'); new r['Resource']({});",
        &["r['Resource']"],
    );
    check_resource(
        "const otel = require('@opentelemetry/resources'); const { Resource: X } = otel; new X({});",
        &["X"],
    );
    check_resource(
        "const R = require('@opentelemetry/resources').Resource; new R();",
        &["R"],
    );
    check_resource(
        "new (require('@opentelemetry/resources').Resource)({});",
        &["(require('@opentelemetry/resources').Resource)"],
    );
    check_resource(
        "import { Resource } from '@opentelemetry/resources'; new Resource();",
        &["Resource"],
    );
    check_resource(
        "import { Resource as R } from '@opentelemetry/resources'; new R();",
        &["R"],
    );
    check_resource(
        "import * as r from '@opentelemetry/resources'; new r.Resource();",
        &["r.Resource"],
    );
    check_resource(
        "import r from '@opentelemetry/resources'; new r.Resource();",
        &["r.Resource"],
    );
    check_resource(
        "const r = require('@opentelemetry/resources'); new r.default.Resource();",
        &["r.default.Resource"],
    );
    check_resource(
        "let R; try { ({ Resource: R } = require('@opentelemetry/resources')); } catch (e) {}\nnew R();",
        &["R"],
    );
    check_resource(
        "let r; try { r = require('@opentelemetry/resources'); } catch {}\nif (r) new r.Resource();",
        &["r.Resource"],
    );
    check_resource(
        "const r = _interopRequireWildcard(require('@opentelemetry/resources')); new r.Resource();",
        &["r.Resource"],
    );
    check_resource(
        "const { Resource } = await import('@opentelemetry/resources'); new Resource();",
        &["Resource"],
    );
    check_resource(
        "import { createRequire } from 'module'; const load = createRequire(import.meta.url);\n\
         const { Resource } = load('@opentelemetry/resources'); new Resource();",
        &["Resource"],
    );
}

#[test]
fn what_only_looks_like_the_export_does_not_count() {
    let silent = |text: &str| check_resource(text, &[]);
    silent("const { Resource } = require('./resources.js'); new Resource();");
    silent("const { Resource } = require('other'); new Resource();");
    silent("const { Resource } = require('@opentelemetry/resources'); { class Resource {} new Resource(); }");
    silent("const { Resource } = require('@opentelemetry/resources'); function f(Resource) { new Resource(); }");
    silent("const { Resource } = require('@opentelemetry/resources'); try {} catch (Resource) { new Resource(); }");
    silent("// const { Resource } = require('@opentelemetry/resources')\nclass Resource {}\nnew Resource();");
    silent("const s = \"new (require('@opentelemetry/resources').Resource)()\";");
    silent("let { Resource } = require('@opentelemetry/resources'); Resource = class {}; new Resource();");
    silent(
        "function require(x) { return {}; }\nconst { Resource } = require('@opentelemetry/resources'); new Resource();",
    );
    silent("const r = { Resource: class {} }; new r.Resource();");
    silent("const { Other: Resource } = require('@opentelemetry/resources'); new Resource();");
}

#[test]
fn types_are_no_uses() {
    let text = "import type { Resource } from '@opentelemetry/resources';\nimport { type A } from 'a';\n\
                import { B } from 'b';\nlet x: B;\nimport m = require('m');\nnew m.C<B>();";
    let file = analyze(text, Dialect::TypeScript);
    assert_eq!(file.syntax_errors, []);
    let modules: Vec<&str> = file.modules.iter().map(|reference| reference.module.as_str()).collect();
    assert_eq!(modules, ["b", "m"]);
    let uses: Vec<&str> = file.uses.iter().map(|used| used.export.as_str()).collect();
    assert_eq!(uses, ["C"]);
}

/// Checks all uses, as `kind module export text`.
fn check_uses(text: &str, expected: &[&str]) {
    let file = analyze(text, Dialect::Auto);
    assert_eq!(file.syntax_errors, [], "{text}");
    let found: Vec<String> = file
        .uses
        .iter()
        .map(|used| {
            format!(
                "{:?} {} {} {}",
                used.kind,
                used.module,
                used.export,
                &text[used.span.clone()]
            )
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn every_kind_of_use() {
    check_uses(
        "const { Resource, envDetectorSync: e } = require('r'); Resource.default(); f([e]); Resource.EMPTY;",
        &[
            "Call r Resource.default Resource.default()",
            "Value r envDetectorSync e",
            "Member r Resource.EMPTY Resource.EMPTY",
        ],
    );
    check_uses(
        "import { X } from 'm'; class Y extends X {} export { X };",
        &["Extends m X class Y extends X {}", "Value m X X"],
    );
    check_uses(
        "const { resources } = require('@opentelemetry/sdk-node'); new resources.Resource({});",
        &["Construct @opentelemetry/sdk-node resources.Resource new resources.Resource({})"],
    );
    check_uses("const m_1 = require('m'); (0, m_1.f)(1);", &["Call m f (0, m_1.f)(1)"]);
    check_uses(
        "const express = require('express'); const app = express();",
        &["Call express  express()"],
    );
    check_uses(
        "import express from 'express'; express();",
        &["Call express default express()"],
    );
    check_uses(
        "const { SemanticResourceAttributes: S } = require('s'); f({ [S.SERVICE_NAME]: 1 });",
        &["Member s SemanticResourceAttributes.SERVICE_NAME S.SERVICE_NAME"],
    );
    check_uses("const m = require('m'); const { a } = m; const b = m.c;", &[]);
    check_uses("require('m').a?.b();", &["Call m a.b require('m').a?.b()"]);
    check_uses("import process from 'node:process'; process.exit(1);", &[]);
}

#[test]
fn modules_are_listed_with_how_and_names() {
    let text = "require('./a'); import b, { c as d } from 'b'; import * as e from 'e'; export { f } from 'f';\n\
                export * from 'g'; const h = await import('h'); require.resolve('i');\n\
                try { const { j } = require('j'); } catch {}\nfunction k() { require('k'); }\n\
                (() => { require('l'); })();";
    let file = analyze(text, Dialect::Module);
    assert_eq!(file.syntax_errors, []);
    let found: Vec<String> = file
        .modules
        .iter()
        .map(|reference| {
            assert_eq!(&text[reference.span.clone()], reference.module);
            let bound: Vec<String> = reference
                .bound
                .iter()
                .map(|name| format!("{}={}", name.local, name.export))
                .collect();
            format!(
                "{} {:?} {} {} {}",
                reference.module,
                reference.how,
                bound.join(","),
                reference.inside_try,
                reference.top_level
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "./a Require  false true",
            "b Import b=default,d=c false true",
            "e Import e=* false true",
            "f ReExport f=f false true",
            "g ReExport  false true",
            "h DynamicImport h=* false true",
            "i Resolve  false true",
            "j Require j=j true true",
            "k Require  false false",
            "l Require  false true",
        ]
    );
    assert_eq!(file.relative_modules().count(), 1);
}

/// Returns the `url` given to the exporter, with the environment `BASE=http://c:4318`, `EMPTY=`, `X` unknown.
fn url(text: &str) -> Option<String> {
    let text = format!("const {{ OTLPTraceExporter }} = require('{EXPORTER}');\n{text}");
    let file = analyze(&text, Dialect::CommonJs);
    assert_eq!(file.syntax_errors, [], "{text}");
    let made = file.uses_of(EXPORTER, "OTLPTraceExporter").next().expect("an exporter");
    made.arguments.first()?.property("url")?.value.text(&|name| match name {
        "BASE" => EnvironmentValue::Set("http://c:4318".to_owned()),
        "EMPTY" => EnvironmentValue::Set(String::new()),
        "X" => EnvironmentValue::Unknown,
        _ => EnvironmentValue::Unset,
    })
}

fn check_url(text: &str, expected: Option<&str>) {
    assert_eq!(url(text).as_deref(), expected, "{text}");
}

#[test]
fn endpoints_are_evaluated() {
    check_url("new OTLPTraceExporter({ url: 'http://c:4318' })", Some("http://c:4318"));
    check_url(
        "new OTLPTraceExporter({ url: `${process.env.BASE}/v1/traces` })",
        Some("http://c:4318/v1/traces"),
    );
    check_url(
        "new OTLPTraceExporter({ url: process.env.BASE + '/v1/' + 'traces' })",
        Some("http://c:4318/v1/traces"),
    );
    check_url(
        "new OTLPTraceExporter({ url: process.env.GONE || 'http://d' })",
        Some("http://d"),
    );
    check_url(
        "new OTLPTraceExporter({ url: process.env.EMPTY || 'http://d' })",
        Some("http://d"),
    );
    check_url(
        "new OTLPTraceExporter({ url: process.env.EMPTY ?? 'http://d' })",
        Some(""),
    );
    check_url(
        "new OTLPTraceExporter({ url: process.env.GONE || process.env.BASE || 'x' })",
        Some("http://c:4318"),
    );
    check_url(
        "new OTLPTraceExporter({ url: `${process.env.GONE}/v1/traces` })",
        Some("undefined/v1/traces"),
    );
    check_url(
        "new OTLPTraceExporter({ url: `${process.env.BASE || 'http://d'}/v1` })",
        Some("http://c:4318/v1"),
    );
    check_url(
        "new OTLPTraceExporter({ url: process.env['BASE'] })",
        Some("http://c:4318"),
    );
    check_url(
        "const url = process.env.BASE;\nnew OTLPTraceExporter({ url })",
        Some("http://c:4318"),
    );
    check_url(
        "const o = { url: 'http://e' };\nnew OTLPTraceExporter(o)",
        Some("http://e"),
    );
    check_url(
        "const o = { url: 'http://e' };\nnew OTLPTraceExporter({ ...o, timeout: 1 })",
        Some("http://e"),
    );
    check_url(
        "const { BASE: url = 'f' } = process.env;\nnew OTLPTraceExporter({ url })",
        Some("http://c:4318"),
    );
    check_url(
        "const { GONE = 'http://f' } = process.env;\nnew OTLPTraceExporter({ url: GONE })",
        Some("http://f"),
    );
    check_url(
        "const c = { a: { b: 'http://g' } };\nnew OTLPTraceExporter({ url: c.a.b })",
        Some("http://g"),
    );
    check_url(
        "const env = process.env;\nnew OTLPTraceExporter({ url: env.BASE })",
        Some("http://c:4318"),
    );
}

#[test]
fn what_is_not_certain_is_unknown() {
    check_url("new OTLPTraceExporter({ url: process.env.X })", None);
    check_url("new OTLPTraceExporter({ url: process.env.GONE })", None);
    check_url("let url = 'a'; url = f();\nnew OTLPTraceExporter({ url })", None);
    check_url("const o = { url: 'a' }; o.url = f();\nnew OTLPTraceExporter(o)", None);
    check_url("const o = {}; Object.assign(o, f());\nnew OTLPTraceExporter(o)", None);
    check_url("new OTLPTraceExporter({ url: f('a') })", None);
    check_url("new OTLPTraceExporter({ url: c ? 'a' : 'b' })", None);
    check_url(
        "const process = { env: { BASE: 'z' } };\nnew OTLPTraceExporter({ url: process.env.BASE })",
        Some("z"),
    );
    check_url("var a = b; var b = a;\nnew OTLPTraceExporter({ url: a })", None);
}

const PRELOAD: &str = r#"'use strict';
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-otlp-http');
const { Resource } = require('@opentelemetry/resources');
const { SemanticResourceAttributes } = require('@opentelemetry/semantic-conventions');

process.env.OTEL_LOG_LEVEL = process.env.OTEL_LOG_LEVEL || 'info';
const traceExporter = new OTLPTraceExporter({
  url: process.env.OTEL_EXPORTER_OTLP_ENDPOINT || 'http://otel-collector:4318/v1/traces',
  headers: {},
});
const sdk = new NodeSDK({
  resource: new Resource({ [SemanticResourceAttributes.SERVICE_NAME]: 'rocket-chat', 'team': 'chat' }),
  traceExporter,
  instrumentations: [getNodeAutoInstrumentations({ '@opentelemetry/instrumentation-fs': { enabled: false } })],
});
try {
  sdk.start();
  console.log('[OpenTelemetry] Auto-instrumentation started successfully!');
} catch (error) {
  console.error('[OpenTelemetry] Failed to initialize auto-instrumentation:', error);
}
process.on('SIGTERM', () => {
  sdk.shutdown()
    .then(() => console.log('Tracing terminated'))
    .finally(() => process.exit(0));
});
"#;

#[test]
fn a_preload_is_understood() {
    let file = analyze(PRELOAD, Dialect::CommonJs);
    assert_eq!(file.syntax_errors, []);
    assert_eq!(file.modules.len(), 5);
    let [sdk] = file.set_up.node_sdks.as_slice() else {
        panic!("one SDK")
    };
    assert!(!sdk.escapes && sdk.options_are_known());
    assert_eq!((sdk.starts.len(), sdk.shutdowns.len()), (1, 1));
    let exporter = &sdk.option("traceExporter").expect("an exporter").value;
    let ArgumentValue::Use(index) = exporter.value else {
        panic!("{exporter:?}")
    };
    assert_eq!(file.uses[index].module, "@opentelemetry/exporter-otlp-http");
    let url = &file.uses[index].arguments[0].property("url").expect("a url").value;
    assert_eq!(url.environment_names(), ["OTEL_EXPORTER_OTLP_ENDPOINT"]);
    let resource = &sdk.option("resource").expect("a resource").value;
    assert!(matches!(resource.value, ArgumentValue::Use(_)), "{resource:?}");
    let instrumentations = &sdk.option("instrumentations").expect("instrumentations").value;
    let ArgumentValue::Array(elements) = &instrumentations.value else {
        panic!("{instrumentations:?}")
    };
    assert_eq!(
        elements[0].value,
        ArgumentValue::Use(file.set_up.auto_instrumentations[0])
    );
    let [variable] = file.set_up.environment.as_slice() else {
        panic!("one variable")
    };
    assert_eq!(
        (variable.name.as_str(), variable.only_if_unset),
        ("OTEL_LOG_LEVEL", true)
    );
    let messages: Vec<(&str, bool, bool, bool)> = file
        .set_up
        .messages
        .iter()
        .map(|message| {
            (
                message.pieces[0].as_str(),
                message.top_level,
                message.after_start,
                message.in_catch,
            )
        })
        .collect();
    assert_eq!(
        messages,
        [
            (
                "[OpenTelemetry] Auto-instrumentation started successfully!",
                true,
                true,
                false
            ),
            (
                "[OpenTelemetry] Failed to initialize auto-instrumentation:",
                true,
                true,
                true
            ),
            ("Tracing terminated", false, false, false),
        ]
    );
    let [handler] = file.set_up.process_handlers.as_slice() else {
        panic!("one handler")
    };
    assert_eq!(handler.event.as_deref(), Some("SIGTERM"));
    assert_eq!((handler.shutdowns.len(), handler.exits.len()), (1, 1));
    assert_eq!(file.set_up.module_syntax, None);
}

#[test]
fn a_hash_comment_is_an_error_and_the_rest_is_still_understood() {
    let text = format!("# OpenTelemetry sidecar for Rocket.Chat's tracing\n{PRELOAD}");
    let file = analyze(&text, Dialect::CommonJs);
    assert_eq!(file.syntax_errors.len(), 1);
    assert_eq!(file.syntax_errors[0].kind, SyntaxErrorKind::HashComment);
    assert!(!file.incomplete);
    assert_eq!(file.set_up.node_sdks[0].starts.len(), 1);
    let resource = file.uses_of(RESOURCES, "Resource").next().expect("a resource");
    assert_eq!(&text[resource.name_span.clone()], "Resource");
}

#[test]
fn a_missing_bracket_is_an_error_and_the_rest_is_still_understood() {
    let text = PRELOAD.replace("process.exit(0));\n});", "process.exit(0));\n");
    let file = analyze(&text, Dialect::CommonJs);
    assert_eq!(file.syntax_errors[0].kind, SyntaxErrorKind::UnclosedBracket);
    assert_eq!(file.set_up.node_sdks[0].starts.len(), 1);
    let text = PRELOAD.replace("  headers: {},\n});", "  headers: {},\n);");
    let file = analyze(&text, Dialect::CommonJs);
    assert_eq!(file.syntax_errors[0].kind, SyntaxErrorKind::UnclosedBracket);
    assert!(file.incomplete);
    assert_eq!(file.modules.len(), 5);
    assert_eq!(file.set_up.node_sdks[0].starts.len(), 1);
}

#[test]
fn starts_are_followed_through_names_and_chains() {
    let starts = |body: &str| {
        let text = format!("const {{ NodeSDK }} = require('@opentelemetry/sdk-node');\n{body}");
        let file = analyze(&text, Dialect::Auto);
        assert_eq!(file.syntax_errors, [], "{body}");
        let sdk = &file.set_up.node_sdks[0];
        let chained = sdk
            .starts
            .first()
            .and_then(|call| file.method_calls[*call].chained.clone());
        (sdk.starts.len(), sdk.escapes, chained.map(|(method, _)| method))
    };
    assert_eq!(starts("new NodeSDK().start();"), (1, false, None));
    assert_eq!(
        starts("const sdk = new NodeSDK(); sdk.start().then(() => {});"),
        (1, false, Some("then".to_owned()))
    );
    assert_eq!(
        starts("let sdk; sdk = new NodeSDK(); sdk.start(); sdk.start();"),
        (2, false, None)
    );
    assert_eq!(starts("const sdk = new NodeSDK();"), (0, false, None));
    assert_eq!(
        starts("const sdk = new NodeSDK(); module.exports = sdk;"),
        (0, true, None)
    );
    assert_eq!(starts("module.exports = new NodeSDK();"), (0, true, None));
    assert_eq!(starts("export const sdk = new NodeSDK();"), (0, true, None));
    assert_eq!(starts("const sdk = new NodeSDK(); run(sdk);"), (0, true, None));
    assert_eq!(starts("this.sdk = new NodeSDK(); this.sdk.start();"), (0, true, None));
    assert_eq!(
        starts("const sdk = new NodeSDK(); function go() { sdk.start(); } go();"),
        (1, false, None)
    );
    assert_eq!(
        starts("const sdk = new NodeSDK(); { const sdk = x(); sdk.start(); }"),
        (0, false, None)
    );
    assert_eq!(
        starts("const sdk = new NodeSDK(); await sdk.start();"),
        (1, false, None)
    );
}

#[test]
fn providers_and_removed_methods() {
    let text = "const { NodeTracerProvider } = require('@opentelemetry/node');\n\
                const { BasicTracerProvider, SimpleSpanProcessor: S } = require('@opentelemetry/tracing');\n\
                const { trace } = require('@opentelemetry/api');\n\
                const a = new NodeTracerProvider(); a.addSpanProcessor(new S({})); a.register();\n\
                const b = new BasicTracerProvider({ spanProcessors: [new S({})] }); trace.setGlobalTracerProvider(b);\n";
    let file = analyze(text, Dialect::CommonJs);
    let [first, second] = file.set_up.providers.as_slice() else {
        panic!("two providers")
    };
    assert_eq!(
        (first.class, first.added_processors.len(), first.registered.len()),
        (TracerProvider::Node, 1, 1)
    );
    let call = &file.method_calls[first.added_processors[0]];
    assert_eq!(&text[call.method_span.clone()], "addSpanProcessor");
    assert!(matches!(call.arguments[0].value, ArgumentValue::Use(_)));
    assert!(matches!(second.registered.as_slice(), [Registration::SetGlobal(_)]));
    assert!(second.option("spanProcessors").is_some());
}

#[test]
fn environment_and_handlers() {
    let text = "process.env.A = 'x'; process.env['B'] ??= 'y'; Object.assign(process.env, { C: 'z' });\n\
                const stop = async () => { await sdk.shutdown(); process.exit(); };\nprocess.once('SIGINT', stop);\n\
                ['SIGTERM'].forEach((signal) => process.on(signal, () => provider.forceFlush()));\n\
                function f(process) { process.env.D = 1; process.on('x', () => {}); }";
    let file = analyze(text, Dialect::CommonJs);
    let names: Vec<(&str, bool)> = file
        .set_up
        .environment
        .iter()
        .map(|set| (set.name.as_str(), set.only_if_unset))
        .collect();
    assert_eq!(names, [("A", false), ("B", true), ("C", false)]);
    let handlers: Vec<(Option<&str>, usize, usize, usize)> = file
        .set_up
        .process_handlers
        .iter()
        .map(|on| {
            (
                on.event.as_deref(),
                on.shutdowns.len(),
                on.flushes.len(),
                on.exits.len(),
            )
        })
        .collect();
    assert_eq!(handlers, [(Some("SIGINT"), 1, 0, 1), (None, 0, 1, 0)]);
}

#[test]
fn messages_know_when_they_run() {
    let text = "import { NodeSDK } from '@opentelemetry/sdk-node';\nconsole.log('before');\n\
                const sdk = new NodeSDK();\nsdk.start().then(() => console.log('then')).catch((e) => console.log('failed', e));\n\
                console.info(`up ${1} and ${x} running`);\nfunction later() { console.log('later'); }";
    let file = analyze(text, Dialect::Module);
    let found: Vec<(String, bool, bool)> = file
        .set_up
        .messages
        .iter()
        .map(|message| (message.pieces.join("|"), message.after_start, message.in_catch))
        .collect();
    let expected = [
        ("before", false, false),
        ("then", true, false),
        ("failed", false, true),
        ("up | and | running", true, false),
        ("later", false, false),
    ];
    let expected: Vec<(String, bool, bool)> = expected
        .iter()
        .map(|(text, after, caught)| ((*text).to_owned(), *after, *caught))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(&text[file.set_up.module_syntax.expect("an import")][..6], "import");
}

#[test]
fn module_syntax_and_top_level_await_have_places() {
    let places = |text: &str| {
        let set_up = analyze(text, Dialect::Auto).set_up;
        (
            set_up.module_syntax.map(|span| text[span].to_owned()),
            set_up.top_level_await.map(|span| text[span].to_owned()),
        )
    };
    assert_eq!(
        places("a();\nexport default 1;"),
        (Some("export default 1;".to_owned()), None)
    );
    assert_eq!(places("await a();"), (None, Some("await a()".to_owned())));
    assert_eq!(places("(async () => { await a(); })();"), (None, None));
    assert_eq!(places("import('a');"), (None, None));
}

#[test]
fn dialects_follow_the_name() {
    assert_eq!(dialect_of("tracing.js"), Dialect::Auto);
    assert_eq!(dialect_of("tracing.cjs"), Dialect::CommonJs);
    assert_eq!(dialect_of("a.b.mjs"), Dialect::Module);
    assert_eq!(dialect_of("tracing.ts"), Dialect::TypeScript);
    assert_eq!(dialect_of("tracing"), Dialect::Auto);
}

#[test]
fn long_and_deep_texts_are_skipped() {
    assert_eq!(
        analyze(&"a;".repeat(600_000), Dialect::Auto).skipped,
        Some(Skipped::TooLong)
    );
    assert_eq!(
        analyze(&"[".repeat(10_000), Dialect::Auto).skipped,
        Some(Skipped::TooDeep)
    );
}

#[test]
fn the_deepest_texts_that_pass_do_not_overflow_the_stack() {
    let shapes: [(&str, &str, usize, &str); 18] = [
        ("", "!", 3_900, "a"),
        ("", "a=>", 1_300, "b"),
        ("", "if(x)\n", 1_900, "a()"),
        ("", "if(x){}else ", 950, "a()"),
        ("a", ".b", 1_900, ""),
        ("a", "()", 3_900, ""),
        ("a", "+a", 1_900, ""),
        ("a", "**a", 1_300, ""),
        ("", "a?b:", 950, "c"),
        ("", "a=", 1_900, "b"),
        ("", "new ", 3_900, "a"),
        ("", "(", 200, "a"),
        ("", "[", 200, "a"),
        ("", "{", 200, "a"),
        ("x=", "{a:", 200, "b"),
        ("", "function a(){", 200, "b"),
        ("", "`${", 200, "b"),
        ("", "a:", 1_900, "b"),
    ];
    for (before, unit, count, after) in shapes {
        let text = format!("{before}{}{after}", unit.repeat(count));
        for dialect in [Dialect::Auto, Dialect::TypeScript] {
            assert_eq!(analyze(&text, dialect).skipped, None, "{unit}");
        }
    }
}

/// Every prefix, and every text with one piece cut out or doubled, must be survived, with all spans inside the text.
#[test]
fn broken_texts_do_no_harm() {
    let survive = |text: &str| {
        let file = analyze(text, Dialect::Auto);
        assert!(
            file.uses.iter().all(|used| text.get(used.name_span.clone()).is_some()),
            "{text}"
        );
        assert!(
            file.syntax_errors
                .iter()
                .all(|error| text.get(error.span.clone()).is_some()),
            "{text}"
        );
        assert!(
            file.modules
                .iter()
                .all(|reference| text.get(reference.span.clone()).is_some()),
            "{text}"
        );
    };
    let text = format!("# \u{e9}t\u{e9}\n{PRELOAD}");
    let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    for at in boundaries.iter().step_by(5) {
        survive(&text[..*at]);
        survive(&text[*at..]);
    }
    for (index, at) in boundaries.iter().enumerate().step_by(7) {
        let end = boundaries.get(index + 3).copied().unwrap_or(text.len());
        survive(&format!("{}{}", &text[..*at], &text[end..]));
        survive(&format!("{}{{(`${{'{}", &text[..*at], &text[*at..]));
    }
}

#[track_caller]
fn check_conditional(code: &str, expected: bool) {
    let text = format!("const m = require('@opentelemetry/resources');\n{code}\n");
    let file = analyze(&text, Dialect::CommonJs);
    let conditional = file
        .uses
        .iter()
        .filter(|used| used.export.starts_with("Resource"))
        .all(|used| used.conditional);
    assert!(!file.uses.is_empty(), "{code}");
    assert_eq!(conditional, expected, "{code}");
}

#[test]
fn uses_that_a_test_guards() {
    check_conditional(
        "m.resourceFromAttributes ? m.resourceFromAttributes({}) : new m.Resource({});",
        true,
    );
    check_conditional("if (typeof m.Resource === 'function') { new m.Resource({}); }", true);
    check_conditional(
        "if (m.Resource) new m.Resource({}); else m.resourceFromAttributes({});",
        true,
    );
    check_conditional("const r = m.Resource && new m.Resource({});", true);
    check_conditional("const r = m.defaultResource?.() ?? m.Resource.default();", true);
    check_conditional("try { new m.Resource({}); } catch { }", true);
    check_conditional(
        "try { m.defaultResource(); } catch (error) { new m.Resource({}); }",
        true,
    );
    check_conditional("new m.Resource({});", false);
    check_conditional("try { new m.Resource({}); } finally { }", false);
    check_conditional("if (new m.Resource({})) { }", false);
    check_conditional("const r = new m.Resource({}) || null;", false);
    check_conditional("(() => { new m.Resource({}); })();", false);
}

#[track_caller]
fn check_may_be_skipped(code: &str, expected: bool) {
    let file = analyze(code, Dialect::CommonJs);
    let message = file.set_up.messages.last().unwrap();
    assert_eq!(message.conditional, expected, "{code}");
}

#[test]
fn messages_that_need_not_be_printed() {
    check_may_be_skipped("console.log('on');", false);
    check_may_be_skipped(
        "try { start(); console.log('on'); } catch (error) { throw error; }",
        false,
    );
    check_may_be_skipped("(() => { start(); console.log('on'); })();", false);
    check_may_be_skipped("function stop() { return 1; }\nconsole.log('on');", false);
    check_may_be_skipped("if (process.env.DEBUG) console.log('on');", true);
    check_may_be_skipped("process.env.DEBUG && console.log('on');", true);
    check_may_be_skipped("for (const name of names) console.log('on');", true);
    check_may_be_skipped("if (off) { (() => { console.log('on'); })(); }", true);
    check_may_be_skipped("if (process.env.OFF) return;\nconsole.log('on');", true);
    check_may_be_skipped("(() => { if (off) return; console.log('on'); })();", true);
}
