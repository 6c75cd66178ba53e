//! Runs that were written down: they are the same again in this process and in another, wherever that has its memory, whatever its
//! environment is.

use crate::repeating::{self, Told};
use crate::{coming_down, worlds};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use throng::System;
use throng::sim::{Faults, Simulation};

/// A program, its workers and its seed, and two hashes of its trace: when it has come to rest, and when it has come down after that. A hash
/// changes with what the engine does in a turn, or as it comes down, and is to be written anew then, by who has seen why: the failing test
/// prints them all.
type Golden = (&'static str, usize, u64, [u64; 2]);

#[rustfmt::skip]
const GOLDEN: &[Golden] = &[
    ("mesh", 1, 1, [0x5e994246d6541369, 0xaca0e42cff7507d4]),
    ("mesh", 2, 2, [0xad914b6236713e91, 0x8d167469c8c57e63]),
    ("mesh", 5, 3, [0xd7716ff679bbc4b2, 0x06e44cc33ad992b9]),
    ("clocks", 1, 4, [0x1b7c0cb6cbc4675b, 0x77858e03391386a3]),
    ("clocks", 3, 5, [0x0a7b92b1d5e2789c, 0x96b3a286ec9076f9]),
    ("clocks", 8, 6, [0x301140f6a4b24275, 0xe7508581a8689b91]),
    ("families", 1, 7, [0x08a0ecd6286b3567, 0xaed0a8584b38d960]),
    ("families", 3, 8, [0x7e50b22956298097, 0x6fa77454c4fd407d]),
    ("families", 8, 9, [0x5a2685713f04075c, 0xc5fc2640721f7e01]),
    ("services", 1, 10, [0x7f9ce99975d9dba6, 0x68e97e4f1876b0e0]),
    ("services", 3, 11, [0x3a1f5ec38ea4d922, 0x34cf064ee7dc9b0d]),
    ("services", 8, 12, [0x687d2fbc83bef24b, 0x9dea31f13f73bff1]),
    ("streams", 1, 13, [0x1506e9746fc21d88, 0xd5d3d4eff05e1bf2]),
    ("streams", 3, 14, [0x8024b133351873c4, 0x99c1eb46ba8be5a8]),
    ("streams", 8, 15, [0xa017b934420eabcd, 0xb938a394fe6d92fc]),
    ("partings", 1, 16, [0xe7af99dfb427a92f, 0x7834a8f614f5422b]),
    ("partings", 3, 17, [0x14e2aecb7cc4341a, 0x35f00bdf4cd6766f]),
    ("partings", 8, 18, [0x96de63cea4b533cb, 0xc9d0d5cf11967362]),
];

fn run((program, workers, seed, _): Golden) -> [Told; 2] {
    let program: fn(&mut Simulation) = match program {
        "mesh" => repeating::mesh,
        "clocks" => |sim| beset(sim, worlds::clocks),
        "families" => |sim| beset(sim, worlds::families),
        "services" => |sim| beset(sim, worlds::services),
        "streams" => |sim| beset(sim, worlds::streams),
        "partings" => coming_down::partings,
        other => panic!("no program is called {other}"),
    };
    repeating::run(System::builder().workers(workers).simulated(seed), program)
}

fn beset(sim: &mut Simulation, program: fn(&mut Simulation)) {
    sim.faults(Faults::some());
    program(sim);
}

fn all() -> Vec<[Told; 2]> {
    GOLDEN.iter().map(|golden| run(*golden)).collect()
}

fn line((program, workers, seed, _): &Golden, [rest, over]: [u64; 2]) -> String {
    format!("    (\"{program}\", {workers}, {seed}, [{rest:#018x}, {over:#018x}]),\n")
}

#[test]
fn runs_are_as_they_were_written_down() {
    let all = all();
    let found: String = GOLDEN
        .iter()
        .zip(&all)
        .map(|(golden, told)| line(golden, told.each_ref().map(|one| one.hash)))
        .collect();
    let written: String = GOLDEN.iter().map(|golden| line(golden, golden.3)).collect();
    assert!(written == found, "they are now\n{found}");
}

/// Whatever else has been in the cells since.
#[test]
fn the_second_run_in_a_process_is_the_first_again() {
    let first = all();
    let others = System::simulated(0);
    for _ in 0..77 {
        others.spawn(worlds::Clerk::default());
    }
    for (golden, (first, second)) in GOLDEN.iter().zip(first.iter().zip(all())) {
        assert_eq!(*first, second, "{golden:?}");
    }
}

/// Others may look at it meanwhile, as a watchdog does.
#[test]
fn a_run_that_is_looked_at_is_the_same() {
    let first = all();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let words = throng::describe_all() + &throng::dump_all();
                assert!(words.contains("actor system"), "{words}");
                std::thread::yield_now();
            }
        });
        struct Over<'o>(&'o AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _over = Over(&over);
        for _ in 0..3 {
            for (golden, (first, again)) in GOLDEN.iter().zip(first.iter().zip(all())) {
                assert_eq!(*first, again, "{golden:?}");
            }
        }
    });
}

/// Set for the child: so many actors and blocks of memory it has before it runs anything.
const SHIFTED: &str = "THRONG_GOLDEN_SHIFTED";

/// Prints what there is to compare, and where things are.
#[test]
#[ignore = "for another process, by another_process_has_the_same_runs"]
fn told_to_another_process() {
    let shifted = std::env::var(SHIFTED).map_or(0, |n| n.parse().expect("a number"));
    let others = System::simulated(0);
    let kept: Vec<_> =
        (0..shifted).map(|n| (others.spawn(worlds::Clerk::default()), vec![0_u8; n])).collect();
    println!("layout: {:?} {:p}", kept.last().map(|(actor, _)| actor.id()), kept.as_ptr());
    for told in all() {
        println!("golden: {told:?}");
    }
}

#[test]
fn another_process_has_the_same_runs() {
    let children = [("13", "UTC", 1), ("4001", "Asia/Kolkata", 40_000)].map(|(shifted, zone, padding)| {
        let me = std::env::current_exe().expect("the test's own path");
        let child = Command::new(me)
            .args(["golden::told_to_another_process", "--exact", "--include-ignored", "--nocapture"])
            .env(SHIFTED, shifted)
            .env("TZ", zone)
            .env("LANG", "C")
            .env_remove("HOME")
            .env_remove("PATH")
            // Moves the stack.
            .env("PADDING", "x".repeat(padding))
            .current_dir(std::env::temp_dir())
            .output()
            .expect("a child process");
        let words = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(child.status.success(), "{words}{}", String::from_utf8_lossy(&child.stderr));
        words
    });
    let lines = |words: &str, of: &str| {
        words.lines().filter_map(|line| Some(line.split_once(of)?.1.to_owned())).collect::<Vec<_>>()
    };
    let here: Vec<_> = all().iter().map(|told| format!("{told:?}")).collect();
    for words in &children {
        assert_eq!(lines(words, "golden: "), here);
    }
    let layouts = children.map(|words| lines(&words, "layout: "));
    assert!(layouts[0].len() == 1 && layouts[0] != layouts[1], "they lie at the same places: {layouts:?}");
}
