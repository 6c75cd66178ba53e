//! The page of each kind of run: rendered from files as the commands write them, and opened in a real browser.

mod browser;
mod fixtures;
mod held;
mod missing;
/// The checker of the commands' own tests.
#[path = "../schemas/schema.rs"]
mod schema;
mod side_by_side;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use throng_bench::report::folder::{render, write};
use throng_bench::report::rendered::Rendered;

/// A kind of folder: its name, how it is filled, and which drawings it gives.
type Kind = (&'static str, fn(&Path), &'static [&'static str]);

fn every_kind() -> Vec<Kind> {
    const COURSE: [&str; 5] =
        ["percentiles.svg", "latency-over-time.svg", "heat.svg", "hiccups.svg", "rate-over-time.svg"];
    const LOAD: [&str; 6] = [
        "percentiles.svg",
        "runs.svg",
        "latency-over-time.svg",
        "heat.svg",
        "hiccups.svg",
        "rate-over-time.svg",
    ];
    vec![
        ("run", fixtures::run, &COURSE),
        ("load", fixtures::load, &LOAD),
        (
            "sweep-rate",
            |folder| fixtures::sweep(folder, "rate", &[1e6, 2e6, 3e6, 4e6, 5e6, 6e6, 7e6, 8e6, 9e6]),
            &["latency.svg", "throughput.svg", "cost.svg"],
        ),
        (
            "sweep-workers",
            |folder| fixtures::sweep(folder, "workers", &[1.0, 2.0, 3.0, 4.0, 6.0, 8.0]),
            &["latency.svg", "throughput.svg", "cost.svg"],
        ),
        (
            "sweep-actors",
            |folder| fixtures::sweep(folder, "actors", &[1e3, 1e4, 1e5, 1e6]),
            &["latency.svg", "throughput.svg", "memory.svg", "cost.svg"],
        ),
        ("compare", fixtures::compare, &["pairs.svg"]),
        ("jitter", fixtures::jitter, &["percentiles.svg", "hiccups.svg", "heat.svg"]),
        ("prices", fixtures::prices, &[]),
        ("savina", fixtures::savina, &[]),
        ("peers", side_by_side::peers, &[]),
        ("table", fixtures::table, &["percentiles.svg"]),
        // Each load is drawn in its own folder.
        ("series", fixtures::series, &[]),
    ]
}

fn rendered(folder: &Path) -> Rendered {
    render(folder).unwrap_or_else(|refused| panic!("{refused}"))
}

#[test]
fn every_kind_of_run_gives_its_page_and_drawings() {
    for (name, fill, drawings) in every_kind() {
        let folder = fixtures::folder(&format!("kinds/{name}"));
        fill(&folder);
        let rendered = rendered(&folder);
        let names: Vec<&str> = rendered.drawings.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, drawings, "{name}");
        let page = &rendered.page;
        assert_eq!(page.matches(r#"<svg class="plot wide""#).count(), drawings.len(), "{name}");
        for text in page
            .split("data-points=\"")
            .skip(1)
            .chain(rendered.drawings.iter().flat_map(|d| d.1.split("data-points=\"").skip(1)))
        {
            let points: u64 = text.split('"').next().and_then(|n| n.parse().ok()).expect("a number");
            assert!(points > 0, "{name}: a drawing of nothing");
        }
        let lower = page.to_lowercase();
        for outside in
            ["http:", "https:", "src=", "href", "url(", "@import", "<script", "<link", "<img", "<iframe"]
        {
            assert!(!lower.contains(outside), "{name}: {outside} in the page");
        }
        assert!(!page.contains("NaN") && !page.contains("inf "), "{name}");
        for pair in ["table", "section", "figure", "svg"] {
            let (open, close) =
                (page.matches(&format!("<{pair}")).count(), page.matches(&format!("</{pair}>")).count());
            assert_eq!(open, close, "{name}: {pair}");
        }
        // Read from above: the verdict, the figures, the plots, the machine, the others, the command.
        let order = [
            "class=\"verdict",
            "<h2>Environment</h2>",
            "<h2>Published by others</h2>",
            "<h2>Repeat this run</h2>",
        ];
        let places: Vec<Option<usize>> = order.iter().map(|text| page.find(text)).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{name}: {places:?}");
    }
}

#[test]
fn the_page_tells_what_the_files_say() {
    let folder = fixtures::folder("said/load");
    fixtures::load(&folder);
    let page = rendered(&folder).page;
    for text in [
        "Not valid.",
        "run-3: the rate was missed",
        "4 of 5 runs hold; asked for 50.0 k/s (poisson), sent 50.0 k/s, steady in every run; 20.0 µs an arrival; 50.0 k/s; response p50",
        "Of 480 responses later than 1.00 ms the machine&#39;s own gaps explain about 62 %",
        "not valid: sent 48,100 /s",
        "95 %, bootstrap over 5 runs",
        "68.0 ns, 227 ns",
        "throng load ping-pong --rate 50k --assert &#39;response.p99&lt;1ms&#39; --runs 5",
        "Made-up 9000 &lt;fast&gt;",
        "600,000</td>",
        "asked for",
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
    let folder = fixtures::folder("said/arrivals");
    fixtures::load(&folder);
    let path = folder.join("run.json");
    let json = fs::read_to_string(&path).expect("a text");
    let mut json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    json["counts"] = "arrival".into();
    json["jitter"]["after"] = serde_json::Value::Null;
    fixtures::write(&path, &json.to_string());
    let arrivals = rendered(&folder);
    for text in [
        "20.0 µs an arrival; 50.0 k/s",
        "<th>Time an arrival</th>",
        "arrivals a second</th>",
        "not looked for",
    ] {
        assert!(arrivals.page.contains(text), "{text:?} is missing");
    }
    assert!(!arrivals.page.contains("a message"), "arrivals are counted");
    let folder = fixtures::folder("said/prices");
    fixtures::prices(&folder);
    let page = rendered(&folder).page;
    for text in [
        "What each feature costs",
        "5 of 5 rounds, 2 features.",
        "<th scope=\"row\">Overflow::Fail</th>",
        "12.0 ns (11.0 ns to 13.0 ns)",
        "1.20 (1.15 to 1.25)",
        "+8 (+7 to +9)",
        "throng prices --rounds 5",
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
    let folder = fixtures::folder("said/compare");
    fixtures::compare(&folder);
    let page = rendered(&folder).page;
    for text in [
        "Different: time a message of B is off by +5.00 % from A&#39;s.",
        "from +4.70 % to +5.30 %",
        "far from the others",
        "how far A strays",
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
}

#[test]
fn percentiles_come_from_the_logs_whatever_the_json_says() {
    let folder = fixtures::folder("truth/run");
    fixtures::run(&folder);
    let honest = rendered(&folder).page;
    let json = folder.join("run.json");
    let text = fs::read_to_string(&json).expect("written");
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value["latency_ns"]["response"]["p50"] = serde_json::json!(1);
    value["latency_ns"]["response"]["p99"] = serde_json::json!(2);
    fixtures::write(&json, &value.to_string());
    assert_eq!(rendered(&folder).page, honest);
}

#[test]
fn a_run_that_failed_is_shown_with_its_suffix() {
    let folder = fixtures::folder("failed/load");
    fixtures::load(&folder);
    let page = rendered(&folder.join("run-3")).page;
    assert!(page.contains("Response over time"), "its files end in .FAIL");
}

#[test]
fn r18_whatever_is_damaged_is_one_error_with_the_file_and_the_line() {
    let damage: [(&str, &str, &str, &str); 12] = [
        ("run", "run.json", "{\n\"schema\": \"run/1\",\n\"workload\": 5}", "run.json\": line 3: column"),
        ("run", "run.json", "", "run.json\": line 1: "),
        ("run", "run.json", "{\"schema\": \"run/9\"}", "has the schema \"run/9\": takes run/1, load/1"),
        ("run", "run.json", "{\"schema\": \"run/1\", \"x\": 1e999}", "run.json\": line 1: "),
        ("load", "run.json", "{\"schema\": \"load/1\"}", "run.json\": line 1: column 20: missing field"),
        (
            "run",
            "latency.hlog",
            "# fine\n0.0,1.0,2.0,A*AA\n",
            "latency.hlog\": line 2: has a histogram that is not base 64",
        ),
        (
            "run",
            "intervals.csv",
            "start_ns,end_ns,phase,sent,handled\n0,1,measure,x,1\n",
            "intervals.csv\": line 2: has sent \"x\"",
        ),
        ("load", "combined.hlog", "0.0,1.0\n", "combined.hlog\": line 1: is neither"),
        (
            "load",
            "jitter.hlog",
            "0.0,1.0,2.0,AAAA",
            "jitter.hlog\": line 1: is cut off: the file ends without a newline: takes the whole file: bring it back, or measure again",
        ),
        ("load", "run-1/intervals.csv", "\n", "run-1/intervals.csv\": line 1: is not the header"),
        ("jitter", "jitter.hlog", "\u{0}\n", "jitter.hlog\": line 1: is neither"),
        ("table", "throng-one_way.hlog", "#[Batch: 0]\n", "throng-one_way.hlog\": line 1: has a batch"),
    ];
    for (n, (kind, file, text, expected)) in damage.into_iter().enumerate() {
        let folder = fixtures::folder(&format!("damaged/{n}"));
        let fill = every_kind().into_iter().find(|k| k.0 == kind).expect("a kind").1;
        fill(&folder);
        fixtures::write(&folder.join(file), text);
        let refused = render(&folder).expect_err(expected).to_string();
        assert!(
            refused.contains(expected) && refused.lines().count() == 1,
            "{expected:?} expected, got {refused}"
        );
    }
    let folder = fixtures::folder("damaged/elsewhere");
    fixtures::load(&folder);
    let json = folder.join("run.json");
    let text = fs::read_to_string(&json).expect("written").replace("\"run-1\"", "\"../../elsewhere\"");
    fixtures::write(&json, &text);
    let refused = render(&folder).expect_err("a folder elsewhere").to_string();
    assert!(refused.contains("takes the name of one beside it"), "{refused}");
    fixtures::write(&json, &format!("{{\"schema\": \"load/1\", \"x\": \"{}\"}}", "x".repeat(2 << 20)));
    assert!(render(&folder).expect_err("too long").to_string().contains("is longer than"));
}

/// As many runs as `throng load` takes are shown; a certificate that is too long to be one is refused.
#[test]
fn a_long_series_is_shown_and_a_long_certificate_is_not() {
    let folder = fixtures::folder("long/load");
    fixtures::load(&folder);
    let json = folder.join("run.json");
    let mut load: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&json).expect("written")).expect("JSON");
    let run = load["runs"][0].clone();
    load["runs"] = serde_json::Value::Array(vec![run; 1_000]);
    fixtures::write(&json, &serde_json::to_string_pretty(&load).expect("JSON"));
    assert!(rendered(&folder).page.contains("1000 of 1000 runs hold"));
    let run = load["runs"][0].clone();
    load["runs"] = serde_json::Value::Array(vec![run.clone(); 1_025]);
    fixtures::write(&json, &serde_json::to_string(&load).expect("JSON"));
    let refused = render(&folder).expect_err("too many").to_string();
    assert!(refused.contains("expected a list of up to 1024"), "{refused}");
    load["runs"] = serde_json::Value::Array(vec![run]);
    load["env"] = serde_json::Value::Array(vec![serde_json::json!({"": 0}); 10_000]);
    fixtures::write(&json, &serde_json::to_string(&load).expect("JSON"));
    let refused = render(&folder).expect_err("too long").to_string();
    assert!(refused.contains("a value of more than 65536 bytes"), "{refused}");
}

/// Bytes of every file are changed in turn: there is a page or an error, never a panic.
#[test]
fn r18_damaged_files_never_panic() {
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or_else(|| u64::from(std::process::id()));
    println!("SEED={seed}");
    let mut random = throng_bench::seeded::Seeded::new(seed);
    let mut refused = 0;
    for (name, fill, _) in every_kind() {
        let folder = fixtures::folder(&format!("random/{name}"));
        fill(&folder);
        let files: Vec<_> =
            fs::read_dir(&folder).expect("its files").map(|e| e.expect("an entry").path()).collect();
        for file in files.iter().filter(|f| f.is_file()) {
            let whole = fs::read(file).expect("written");
            let places: Vec<usize> =
                (0..whole.len()).filter(|at| b"0123456789".contains(&whole[*at])).collect();
            for round in 0..8 {
                let mut bytes = whole.clone();
                // Half of the damage is another number, which a parser takes.
                if round % 2 == 0 {
                    let at = places[random.below(places.len() as u64) as usize];
                    let numbers = ["-7", "1e300", "0", "null", "18446744073709551615"];
                    bytes.splice(at..=at, numbers[random.below(5) as usize].bytes());
                } else {
                    let at = random.below(bytes.len() as u64) as usize;
                    bytes[at] = random.number() as u8;
                }
                fs::write(file, bytes).expect("a file");
                match render(&folder) {
                    Ok(rendered) => assert!(!rendered.page.contains("NaN"), "{name}: {file:?}"),
                    Err(error) => {
                        refused += 1;
                        assert_eq!(error.to_string().lines().count(), 1, "{error}");
                    }
                }
            }
            fs::write(file, whole).expect("a file");
        }
    }
    assert!(refused > 5, "only {refused} were refused");
}

fn report(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_throng")).arg("report").args(args).output().expect("it runs")
}

#[test]
fn the_command_writes_the_page_and_its_drawings_again() {
    let folder = fixtures::folder("command/load");
    fixtures::load(&folder);
    let output = report(&[folder.to_str().expect("a text")]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(folder.join("report.html")).expect("the page");
    assert_eq!(page, rendered(&folder).page);
    let mut drawings: Vec<_> = fs::read_dir(folder.join("svg"))
        .expect("drawings")
        .map(|e| e.expect("an entry").file_name())
        .collect();
    drawings.sort();
    assert_eq!(
        drawings,
        [
            "heat.svg",
            "hiccups.svg",
            "latency-over-time.svg",
            "percentiles.svg",
            "rate-over-time.svg",
            "runs.svg"
        ]
    );
}

#[test]
fn r19_drawings_that_cannot_be_written_are_told_in_one_line() {
    let folder = fixtures::folder("command/blocked");
    fixtures::run(&folder);
    fixtures::write(&folder.join("svg"), "a file where the folder should be");
    let output = report(&[folder.to_str().expect("a text")]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("svg") && !folder.join("report.html").exists(), "{said}");
}

#[test]
fn r18_the_command_refuses_what_is_no_run_in_one_line() {
    let empty = fixtures::folder("command/empty");
    let empty = empty.to_str().expect("a text");
    let damaged = fixtures::folder("command/damaged");
    fixtures::write(&damaged.join("run.json"), "{\n");
    let file = damaged.join("run.json");
    let short = fixtures::folder("command/short");
    fixtures::write(&short.join("table.json.FAIL"), "{\"rows\": []}\n");
    let two = fixtures::folder("command/two");
    fixtures::run(&two);
    fs::copy(two.join("run.json"), two.join("run.json.FAIL")).expect("writable");
    for (args, expected) in [
        (&[][..], "got nothing"),
        (&["--what"], "no option"),
        (&["a", "b"], "got \"b\" too"),
        (&[empty], "has no run"),
        (&["/nonexistent/folder"], "has no run"),
        (&[file.to_str().expect("a text")], "run.json\": is a file: takes the folder that it is in"),
        (&[two.to_str().expect("a text")], "has run.json and run.json.FAIL, of two runs"),
        (
            &[damaged.to_str().expect("a text")],
            "run.json\": line 2: column 0: EOF while parsing an object: takes a run.json",
        ),
        (&[short.to_str().expect("a text")], "table.json.FAIL\": line 1: column 12: missing field"),
        (
            &[short.to_str().expect("a text")],
            ": takes a table.json.FAIL as throng wrote it: bring back the whole file, or measure again",
        ),
    ] {
        let output = report(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{args:?}: {said}");
        assert!(said.contains(expected) && output.stdout.is_empty(), "{args:?}: {said}");
    }
    assert_eq!(fs::read_dir(empty).expect("a folder").count(), 0, "nothing is written");
}

/// The drawings of a page as the browser sees them: how many values each says it has; none where nothing is drawn.
fn plots(dom: &str) -> Vec<u64> {
    let points = |svg: &str| svg.split("data-points=\"").nth(1)?.split('"').next()?.parse().ok();
    // The stroke beside a name is no data: it has but an `h`.
    let is_data = |series: &str| {
        let series = series.split("</svg>").next().unwrap_or_default();
        let path = |d: &str| d.split('"').next().is_some_and(|d| d.contains(['L', 'V', 'Z']));
        series.contains("<circle") || series.split(" d=\"").skip(1).any(path)
    };
    let drawn = |svg: &str| svg.split("<g class=\"curve").skip(1).any(is_data);
    let count = |svg: &str| if drawn(svg) { points(svg).unwrap_or(0) } else { 0 };
    dom.split("<svg class=\"plot").skip(1).map(count).collect()
}

#[test]
fn a_browser_shows_every_page_and_says_nothing() {
    let Some(chromium) = browser::chromium() else {
        throng_bench::stderr::line("pages: not run: no chromium on the path");
        return;
    };
    let profile = fixtures::folder("profile");
    let mut seen = std::collections::HashSet::new();
    for (name, fill, drawings) in every_kind() {
        let folder = fixtures::folder(&format!("shown/{name}"));
        fill(&folder);
        let rendered = rendered(&folder);
        write(&folder, &rendered).expect("written");
        let shown = browser::open(&chromium, &folder.join(rendered.name), &profile);
        assert_eq!(shown.console, [""; 0], "{name}");
        let plots = plots(&shown.dom);
        assert_eq!(plots.len(), 2 * drawings.len(), "{name}: wide and narrow");
        assert!(plots.iter().all(|points| *points > 0), "{name}: {plots:?}");
        // A browser that took something for broken markup would have moved or closed it.
        assert_eq!(shown.dom.matches("<path").count(), rendered.page.matches("<path").count(), "{name}");
        if name == "series" {
            // And those of its loads, where its own page says that they are.
            for load in fixtures::SERIES {
                let place = format!("{load}/report.html");
                assert!(
                    shown.dom.contains(&format!("<span>{place}</span>")),
                    "{place} is not told: {}",
                    shown.dom
                );
                let load = browser::open(&chromium, &folder.join(place), &profile);
                assert_eq!(load.console, [""; 0], "{name}");
                let plots = self::plots(&load.dom);
                assert!(plots.len() == 12 && plots.iter().all(|points| *points > 0), "{name}: {plots:?}");
            }
        }
        // A browser takes a second to open; one drawing of each name tells.
        for (drawing, svg) in rendered.drawings.iter().filter(|d| seen.insert(d.0.clone())) {
            let shown = browser::open(&chromium, &folder.join("svg").join(drawing), &profile);
            assert_eq!(shown.console, [""; 0], "{name}: {drawing}");
            assert_eq!(shown.dom.matches("<path").count(), svg.matches("<path").count(), "{name}: {drawing}");
        }
    }
}

/// The check above must see what is wrong: a script that fails, one that the policy stops, a request, an empty plot.
#[test]
fn a_page_with_a_fault_is_caught() {
    let Some(chromium) = browser::chromium() else {
        throng_bench::stderr::line("pages: not run: no chromium on the path");
        return;
    };
    let folder = fixtures::folder("control");
    let profile = fixtures::folder("control-profile");
    let page = folder.join("page.html");
    fixtures::write(
        &page,
        "<!doctype html><p>fine</p><svg class=\"plot wide\" data-points=\"0\"></svg>\
         <svg class=\"plot\" data-points=\"7\"><g class=\"curve c0\"><path class=\"solid\" d=\"M1 1h24\"/></g></svg>\
         <svg class=\"plot\" data-points=\"2\"><g class=\"curve c0\"><path class=\"solid\" d=\"M1 1L2 2\"/></g></svg>",
    );
    let shown = browser::open(&chromium, &page, &profile);
    assert_eq!((shown.console.len(), plots(&shown.dom)), (0, vec![0, 0, 2]), "{:?}", shown.console);
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">";
    for fault in [
        "<script>console.error('planted')</script>".to_owned(),
        "<script>undefinedFunction()</script>".to_owned(),
        format!("{policy}<script>1</script>"),
        format!("{policy}<img src=\"file:///nothing.png\">"),
    ] {
        fixtures::write(
            &page,
            &format!("<!doctype html><html><head></head><body>{fault}</body></html>")
                .replace("<head></head><body><meta", "<head><meta"),
        );
        let shown = browser::open(&chromium, &page, &profile);
        assert!(!shown.console.is_empty(), "{fault} went unseen");
    }
}
