//! Where results go that cannot be had there: told in a line, and nothing half written is left.

use super::scratch::{LOADGEN, Scratch, THRONG, names, said};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Output;

/// What a shell makes of `line`; `$LOADGEN` and `$THRONG` are the programs.
fn shell(scratch: &Scratch, line: &str) -> Output {
    let mut command = scratch.command("sh", "-c");
    command.arg(line).env("LOADGEN", LOADGEN).env("THRONG", THRONG).output().expect("it runs")
}

#[test]
fn a_link_to_what_is_not_there_is_called_that() {
    let scratch = Scratch::new("link");
    std::os::unix::fs::symlink("nowhere", scratch.0.join("link")).expect("a new link");
    for (line, given) in [
        ("$LOADGEN ask --messages 9 --out link", "--out got \"link\""),
        ("$LOADGEN ask --messages 9 --out link/below", "--out got \"link/below\""),
        ("$THRONG --profile smoke --only throng --target link", "--target got \"link\""),
    ] {
        let output = shell(&scratch, line);
        let said = said(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{line}: {said}");
        let says = ": takes a folder, there or new, that files can be written into; this is a link to what is not there, or below one";
        assert!(said.trim_end().ends_with(&format!("{given}{says}")), "{line}: {said}");
        assert_eq!(names(&scratch.0), ["link"], "{line}");
    }
}

#[test]
fn a_target_is_named_as_it_was_given() {
    let scratch = Scratch::new("target");
    std::fs::write(scratch.0.join("file"), "").expect("writable");
    std::fs::create_dir(scratch.0.join("kept")).expect("a new folder");
    std::fs::write(scratch.0.join("kept/baselines"), "").expect("writable");
    for (target, says) in [
        ("file", "that files can be written into; this is a file or below one"),
        (
            "kept",
            "there or new, in which \"baselines\" is one that files can be written into; this is a file or below one",
        ),
    ] {
        let output = shell(&scratch, &format!("$THRONG --profile smoke --only throng --target {target}"));
        let said = said(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{target}: {said}");
        let given = format!("--target got \"{target}\": takes a folder, ");
        assert!(said.contains(&given) && said.trim_end().ends_with(says), "{target}: {said}");
        assert_eq!(names(&scratch.0), ["file", "kept"], "{target}");
    }
}

/// In a folder that nothing can be made in, as the one of processes is.
#[test]
fn a_folder_that_nobody_named_is_told_with_the_flag_that_names_one() {
    let scratch = Scratch::new("unnamed");
    let target = scratch.0.join("target");
    let files = "no folder for the files: got \"reports/runs/";
    for (line, says, flag) in [
        (
            "--profile smoke --only throng".to_owned(),
            "no folder for programs and the Python environment: got \"target\"",
            "--target",
        ),
        (format!("--profile smoke --only throng --target {}", target.display()), files, "--out"),
        ("load ask --messages 9 --runs 1".to_owned(), files, "--out"),
    ] {
        let output = scratch.command(THRONG, &line).current_dir("/proc").output().expect("it runs");
        let said = said(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{line}: {said}");
        assert!(said.starts_with(&format!("throng: {says}")), "{line}: {said}");
        assert!(said.trim_end().ends_with(&format!("; name one with {flag}")), "{line}: {said}");
    }
}

/// The kernel would end the process by SIGXFSZ, half a file behind it.
#[test]
fn r19_a_file_that_may_not_be_so_long_is_told_as_a_full_disk_is() {
    let scratch = Scratch::new("long");
    for line in [
        "$LOADGEN counting --messages 1k --workers 1 --pin none --out run",
        "$THRONG load counting --messages 1k --workers 1 --pin none --runs 1 --out run",
        "$THRONG jitter --duration 1ms --out run",
    ] {
        let output = shell(&scratch, &format!("ulimit -f 1; exec {line}"));
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{line}: {:?}: {said}", output.status);
        let told = said.lines().filter(|line| line.contains("File too large")).count();
        assert!(told >= 1, "{line}: {said}");
        assert!(names(&scratch.0).is_empty(), "{line}: {:?}", names(&scratch.0));
    }
}

/// A result that nobody can have is no success, be it that its reader went away.
#[test]
fn r19_a_stdout_that_is_closed_full_or_left_is_told_and_exits_1() {
    let scratch = Scratch::new("closed");
    for line in [
        "$LOADGEN counting --messages 9 --workers 1 --pin none",
        "$LOADGEN --help",
        "$THRONG --help",
        "$THRONG help",
        "$THRONG limits --help",
        "$THRONG row ask --seconds 0.02",
        "$THRONG jitter --duration 1ms",
        "$THRONG load counting --messages 9 --workers 1 --pin none --runs 1 --out kept",
    ] {
        for (to, kept) in [(">&-", "closed"), (">/dev/full", "full"), ("", "left")] {
            // A pipe that nobody reads from any more.
            let (reader, pipe) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = scratch.command("sh", "-c");
            command.arg(format!("exec {} {to}", line.replace("kept", kept)));
            let command = command.env("LOADGEN", LOADGEN).env("THRONG", THRONG).stdout(pipe);
            let output = command.output().expect("it runs");
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{line} {to}: {said}");
            assert_eq!(
                said.lines().filter(|line| line.contains("cannot write to stdout: ")).count(),
                1,
                "{line} {to}: {said}"
            );
        }
    }
    for kept in ["closed", "full", "left"] {
        assert!(scratch.0.join(kept).join("run.json").is_file(), "the files are there");
    }
    let line = "exec $LOADGEN counting --messages 9 --workers 1 --pin none";
    for to in [">/dev/null", "1<>/dev/null", "<&- >/dev/null", "2>&- >/dev/null"] {
        let output = shell(&scratch, &format!("{line} {to}"));
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""), "{to}");
    }
}

/// Nobody may write into the folder of a run: the page of an earlier report stays as it was.
#[test]
fn r19_a_folder_that_may_not_be_written_leaves_the_old_report_untouched() {
    let scratch = Scratch::new("read-only");
    let run = scratch.command(LOADGEN, "counting --messages 1k --workers 1 --pin none --out run").output();
    assert!(run.expect("it runs").status.success());
    let report = scratch.throng("report run");
    assert!(report.status.success(), "{}", said(&report));
    let folder = scratch.0.join("run");
    let old = "an older report";
    std::fs::write(folder.join("report.html"), old).expect("writable");
    let rights = std::fs::Permissions::from_mode;
    for path in [folder.clone(), folder.join("svg")] {
        std::fs::set_permissions(path, rights(0o555)).expect("its own");
    }
    let mut command = scratch.command(THRONG, "report run");
    // Rights are no fence for the superuser.
    // SAFETY: asks alone.
    if unsafe { libc::geteuid() } == 0 {
        command.uid(65_534);
    }
    // Coverage is collected where nobody else may write, and it would say so.
    command.env("LLVM_PROFILE_FILE", "/dev/null");
    let output = command.output();
    for path in [folder.clone(), folder.join("svg")] {
        std::fs::set_permissions(path, rights(0o755)).expect("its own");
    }
    let Ok(output) = output else {
        let why = format_args!("conducted: not run: nobody but the superuser can run {THRONG}");
        return throng_bench::stderr::line(why);
    };
    let said = said(&output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("run/") && said.contains("Permission denied"), "{said}");
    assert_eq!(scratch.text("run/report.html"), old);
}
