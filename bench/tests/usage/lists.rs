//! The commands that measure a list in rounds, and those that measure one figure of it.

use crate::{THRONG, refused, words};

#[test]
fn what_is_taken_is_said() {
    for (line, says) in [
        ("prices --rounds", "--rounds got nothing: takes a whole number from 1 to 999"),
        ("prices --rounds 0", "--rounds got \"0\": takes a whole number from 1 to 999"),
        ("prices --rounds 1000", "--rounds got \"1000\": takes a whole number from 1 to 999"),
        ("prices --rounds -1", "--rounds got \"-1\": takes a whole number from 1 to 999"),
        ("prices --rounds 1 --rounds=2", "--rounds is given twice: give it once"),
        ("prices --quick --quick", "--quick is given twice: give it once"),
        ("prices --quick=1", "--quick takes no value"),
        ("prices --only", "--only got nothing: takes one or more of base,fail,drop-newest"),
        ("prices --only base,nosuch", "--only got \"base,nosuch\": takes one or more of base,fail"),
        ("prices --format xml", "--format got \"xml\": takes text, markdown or json"),
        ("prices --out ''", "--out got \"\": takes a folder, new or empty"),
        ("prices --quick --out /usr", "takes a folder that is new or empty; this one has files"),
        ("prices --quick --out /proc/x", "--out got \"/proc/x\": takes a folder"),
        ("prices --nosuch", "takes --rounds, --quick, --only, --out and --format"),
        ("prices extra", "takes --rounds, --quick, --only, --out and --format"),
        ("prices --only flow,flow", "--only got \"flow,flow\": takes one or more of base,fail"),
        ("prices --only flow,flow", ", each once"),
        ("price", "price got nothing: takes message FEATURE CHUNK ITEMS with a chunk from 1 to 64, or actor"),
        ("price message flow 65 1", "price got \"message flow 65 1\": takes message FEATURE"),
        ("price actor nosuch 1", "price got \"actor nosuch 1\": takes message FEATURE"),
        ("savina nosuch", "[NAME]... got \"nosuch\": takes one or more of ping-pong, counting, "),
        ("savina ''", "[NAME]... got \"\": takes one or more of ping-pong, counting, "),
        ("savina big big", "savina: \"big\" is given twice: name each workload once"),
        ("savina --size", "--size got nothing: takes one of small, default, large"),
        ("savina --size huge", "--size got \"huge\": takes one of small, default, large"),
        ("savina --size small --size large", "--size is given twice: give it once"),
        ("savina --rounds 0", "--rounds got \"0\": takes a whole number from 1 to 999"),
        ("savina --time 1us", "--time got \"1us\": takes a time in whole milliseconds up to 3600 s"),
        ("savina --time 2h", "--time got \"2h\": takes a time in whole milliseconds up to 3600 s"),
        ("savina --workers 0", "--workers got \"0\": takes a whole number from 1 to 1024"),
        ("savina --workers 1025", "--workers got \"1025\": takes a whole number from 1 to 1024"),
        ("savina --format xml", "--format got \"xml\": takes text, markdown or json"),
        ("savina --size small --out /usr", "takes a folder that is new or empty; this one has files"),
        (
            "savina --nosuch",
            "takes names of workloads, --size, --rounds, --time, --workers, --out and --format",
        ),
        (
            "workload",
            "workload got nothing: takes NAME SIZE WORKERS MILLISECONDS with a size of small, default, large",
        ),
        ("peers nosuch", "[NAME]... got \"nosuch\": takes one or more of throng, tokio-bounded, "),
        ("peers go go", "peers: \"go\" is given twice: name each system once"),
        ("peers --profile paper", "--profile got \"paper\": takes one of smoke, default"),
        (
            "peers --workloads ''",
            "--workloads got \"\": takes NAME:ACTORS:MESSAGES with a name of ping-pong, counting, ",
        ),
        (
            "peers --workloads big,nosuch",
            "--workloads got \"big,nosuch\": takes NAME:ACTORS:MESSAGES with a name of ping-pong",
        ),
        ("peers --workloads big,big", "--workloads got \"big,big\": takes names, each once"),
        ("peers --rounds 0", "--rounds got \"0\": takes a whole number from 1 to 999"),
        ("peers --time 0ms", "--time got \"0ms\": a figure takes some time"),
        ("peers --time 2h", "--time got \"2h\": takes a time in whole milliseconds up to 3600 s"),
        ("peers --used 1us", "--used got \"1us\": takes a time in whole milliseconds up to 3600 s"),
        (
            "peers --idle 1k,1k",
            "--idle got \"1k,1k\": takes numbers up to 100,000,000, as 0 or 1k,1M, each once",
        ),
        ("peers --idle -1", "--idle got \"-1\": takes numbers up to 100,000,000"),
        ("peers --workers 1025", "--workers got \"1025\": takes a whole number from 1 to 1024"),
        (
            "peers --settings old",
            "--settings got \"old\": takes fresh, one-worker, idle, used, each once, with commas between",
        ),
        (
            "peers --settings fresh,fresh",
            "--settings got \"fresh,fresh\": takes fresh, one-worker, idle, used, each once",
        ),
        ("peers --settings used --used 0ms", "--settings leaves nothing to measure: "),
        ("peers --seed x", "--seed got \"x\": "),
        ("peers --format xml", "--format got \"xml\": takes text, markdown or json"),
        (
            "peers throng --profile smoke --out /usr",
            "takes a folder that is new or empty; this one has files",
        ),
        (
            "peers --nosuch",
            "takes names of systems, --profile, --workloads, --settings, --rounds, --time, --used, --idle, --workers, --seed, --programs, ",
        ),
        ("peer", "throng: got \"\": takes WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES.."),
        ("peer 0 0 0 1 big:1:1", "throng: got \"0 0 0 1 big:1:1\": takes WORKERS IDLE"),
        (
            "peer 1 0 0 1 nosuch:1:1",
            "throng: got \"nosuch:1:1\": takes NAME:ACTORS:MESSAGES with a name of ping-pong",
        ),
        ("workload big small 0 1", "workload got \"big small 0 1\": takes NAME SIZE WORKERS MILLISECONDS"),
        ("workload nosuch small 1 1", "workload got \"nosuch small 1 1\": takes NAME"),
    ] {
        let said = refused(THRONG, &words(line));
        assert!(said.contains(says), "{line}: {said}");
    }
}
