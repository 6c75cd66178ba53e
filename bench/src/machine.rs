//! The machine and the build, by a list of what may be told: never the kernel's command line or the environment.

pub mod memory;

pub mod processors;

pub mod quota;

pub mod words;

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What stands where the kernel does not tell.
const NOT_EXPOSED: &str = "not exposed";
/// What of processor 0's flags is told.
const CPU_FLAGS: [&str; 6] = ["constant_tsc", "nonstop_tsc", "hypervisor", "avx2", "avx512f", "erms"];

/// What does not change while a run lasts.
pub fn certificate() -> Map<String, Value> {
    let mut env = Map::new();
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = field(&cpuinfo, "flags").unwrap_or_default();
    let has: Vec<_> = CPU_FLAGS.into_iter().filter(|f| flags.split_whitespace().any(|w| w == *f)).collect();
    env.insert("cpu".into(), json!(field(&cpuinfo, "model name")));
    env.insert("cpu_mhz".into(), json!(field(&cpuinfo, "cpu MHz").and_then(|mhz| mhz.parse::<f64>().ok())));
    env.insert("cpu_flags".into(), json!(has));
    env.insert("caches".into(), caches(Path::new("/sys/devices/system/cpu/cpu0/cache")));
    env.insert("processors".into(), json!(usable_processors()));
    env.insert("cores".into(), cores(&processors::usable(), Path::new("/sys/devices/system/cpu")));
    env.insert("hypervisor".into(), json!(hypervisor()));
    env.insert("governor".into(), or_not_exposed("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    env.insert(
        "clock_source".into(),
        or_not_exposed("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    );
    env.insert("kernel".into(), or_not_exposed("/proc/sys/kernel/osrelease"));
    env.insert("isolated".into(), or_not_exposed("/sys/devices/system/cpu/isolated"));
    env.insert("nohz_full".into(), or_not_exposed("/sys/devices/system/cpu/nohz_full"));
    env.insert("mitigations".into(), mitigations(Path::new("/sys/devices/system/cpu/vulnerabilities")));
    env.insert("huge_pages".into(), or_not_exposed("/sys/kernel/mm/transparent_hugepage/enabled"));
    env.insert("cpu_quota".into(), json!(quota::cpu_quota().unwrap_or_else(|| NOT_EXPOSED.into())));
    env.insert("memory_bytes".into(), json!(memory_bytes()));
    env.insert("rustc".into(), json!(env!("THRONG_RUSTC")));
    env.insert("build_profile".into(), json!(env!("THRONG_PROFILE")));
    env.insert("git_commit".into(), json!(env!("THRONG_COMMIT")));
    env.insert("git_dirty".into(), json!(env!("THRONG_DIRTY")));
    env.insert("cargo_lock_fnv1a64".into(), json!(env!("THRONG_LOCK")));
    env.insert("allocator".into(), json!(ALLOCATOR));
    env.insert("engine_version".into(), json!(env!("THRONG_ENGINE")));
    env.insert("hdrhistogram_version".into(), json!(env!("THRONG_HDRHISTOGRAM")));
    env
}

/// The allocator that the binaries are built with.
pub const ALLOCATOR: &str = if cfg!(feature = "mimalloc") { "mimalloc" } else { "system" };

/// What the rest of the machine does, as far as it shows: read before a run and after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Runnable programs, the mean of the last minute.
    pub per_minute: Option<f64>,
    /// Time that the hypervisor gave to others, all processors together, in nanoseconds.
    pub stolen_ns: Option<u64>,
}

/// Reads it now.
pub fn load() -> Load {
    let text = |path| fs::read_to_string(path).unwrap_or_default();
    // SAFETY: asks for one number of the system's configuration.
    let ticks_per_s = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    let stolen = stolen_ticks(&text("/proc/stat"));
    Load {
        per_minute: text("/proc/loadavg").split(' ').next().and_then(|n| n.parse().ok()),
        stolen_ns: u64::try_from(ticks_per_s)
            .ok()
            .filter(|hz| *hz > 0)
            .and_then(|hz| Some(stolen? * 1_000_000_000 / hz)),
    }
}

/// The eighth number of the line of all processors.
fn stolen_ticks(stat: &str) -> Option<u64> {
    stat.lines().find(|line| line.starts_with("cpu "))?.split_whitespace().nth(8)?.parse().ok()
}

/// Resident memory of this process now, in bytes, shared pages by their share where the kernel tells that.
pub fn resident_bytes() -> Option<u64> {
    pss_bytes().or_else(rss_bytes)
}

/// Proportional resident memory: each page divided by the processes that have it.
pub fn pss_bytes() -> Option<u64> {
    kib(&fs::read_to_string("/proc/self/smaps_rollup").ok()?, "Pss:")
}

/// Resident memory.
pub fn rss_bytes() -> Option<u64> {
    kib(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The most resident memory so far.
pub fn rss_peak_bytes() -> Option<u64> {
    kib(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Processor time of this process so far, all threads, in nanoseconds.
pub fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one timespec.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(answer, 0, "every Linux counts the processor time of a process");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1_024)
}

fn field(cpuinfo: &str, name: &str) -> Option<String> {
    let (_, value) =
        cpuinfo.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

fn memory_bytes() -> Option<u64> {
    kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

fn usable_processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

fn or_not_exposed(path: &str) -> Value {
    match read(Path::new(path)) {
        Some(text) if text.is_empty() || text == "(null)" => json!("none"),
        Some(text) => json!(text),
        None => json!(NOT_EXPOSED),
    }
}

/// How many cores the processors `usable` are: two threads of one are two processors.
fn cores(usable: &[usize], folder: &Path) -> Value {
    let core = |processor: &usize| {
        let of = |name: &str| read(&folder.join(format!("cpu{processor}/topology")).join(name));
        Some((of("physical_package_id")?, of("core_id")?))
    };
    match usable.iter().map(core).collect::<Option<BTreeSet<_>>>() {
        Some(cores) if !cores.is_empty() => json!(cores.len()),
        _ => json!(NOT_EXPOSED),
    }
}

fn caches(folder: &Path) -> Value {
    let mut all = Map::new();
    for index in 0..8 {
        let of = |name: &str| read(&folder.join(format!("index{index}")).join(name));
        let (Some(level), Some(kind), Some(size)) = (of("level"), of("type"), of("size")) else { continue };
        all.insert(format!("L{level} {}", kind.to_lowercase()), json!(size));
    }
    if all.is_empty() { json!(NOT_EXPOSED) } else { Value::Object(all) }
}

/// What of the processor's weaknesses the kernel works around: that costs time.
fn mitigations(folder: &Path) -> Value {
    let Ok(entries) = fs::read_dir(folder) else { return json!(NOT_EXPOSED) };
    let mut active: Vec<String> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let state = read(&path)?;
            let name = path.file_name()?.to_string_lossy().into_owned();
            state
                .starts_with("Mitigation")
                .then(|| format!("{name}: {}", state.trim_start_matches("Mitigation: ")))
        })
        .collect();
    active.sort();
    json!(active)
}

/// Who runs this virtual machine, by its own words; `none` on a machine of its own.
#[cfg(target_arch = "x86_64")]
fn hypervisor() -> String {
    use core::arch::x86_64::__cpuid;
    if __cpuid(1).ecx & (1 << 31) == 0 {
        return "none".into();
    }
    let leaf = __cpuid(0x4000_0000);
    let bytes: Vec<u8> = [leaf.ebx, leaf.ecx, leaf.edx]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .filter(|b| b.is_ascii_graphic())
        .collect();
    if bytes.is_empty() { "unnamed".into() } else { String::from_utf8_lossy(&bytes).into_owned() }
}

#[cfg(not(target_arch = "x86_64"))]
fn hypervisor() -> String {
    NOT_EXPOSED.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_by_the_list_and_nothing_else() {
        let env = certificate();
        let names: Vec<_> = env.keys().map(String::as_str).collect();
        let mut expected = [
            "cpu",
            "cpu_mhz",
            "cpu_flags",
            "caches",
            "processors",
            "cores",
            "hypervisor",
            "governor",
            "clock_source",
            "kernel",
            "isolated",
            "nohz_full",
            "mitigations",
            "huge_pages",
            "cpu_quota",
            "memory_bytes",
            "rustc",
            "build_profile",
            "git_commit",
            "git_dirty",
            "cargo_lock_fnv1a64",
            "allocator",
            "engine_version",
            "hdrhistogram_version",
        ];
        expected.sort_unstable();
        assert_eq!(names, expected);
        for version in ["engine_version", "hdrhistogram_version"] {
            let told = env[version].as_str().expect("text");
            assert!(told.split('.').count() == 3 && told.starts_with(|c: char| c.is_ascii_digit()), "{told}");
        }
        let text = Value::Object(env).to_string();
        for secret in ["BOOT_IMAGE", "root=", "/home", "PATH="] {
            assert!(!text.contains(secret), "{text}");
        }
    }

    #[test]
    fn the_kernels_files_are_read_as_it_writes_them() {
        let stat = "cpu  1 2 3 4 5 6 7 88 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(stolen_ticks(stat), Some(88));
        assert_eq!(stolen_ticks("intr 5\n"), None);
        assert_eq!(kib("VmHWM:\t    2048 kB\nVmRSS:\t 12 kB\n", "VmRSS:"), Some(12 * 1_024));
        assert_eq!(field("processor\t: 0\nmodel name\t: A B: C\n", "model name").as_deref(), Some("A B: C"));
    }

    #[test]
    fn threads_of_one_core_are_told_from_cores() {
        let folder = std::env::temp_dir().join(format!("throng-topology-{}", std::process::id()));
        for (processor, package, core) in [(0, 0, 0), (1, 0, 1), (2, 0, 0), (3, 0, 1), (4, 1, 0)] {
            let topology = folder.join(format!("cpu{processor}/topology"));
            fs::create_dir_all(&topology).expect("a new folder");
            fs::write(topology.join("physical_package_id"), format!("{package}\n")).expect("a new file");
            fs::write(topology.join("core_id"), format!("{core}\n")).expect("a new file");
        }
        let found = [&[0, 1, 2, 3][..], &[0, 2], &[0, 4], &[0, 9], &[]].map(|usable| cores(usable, &folder));
        fs::remove_dir_all(&folder).expect("this test's own");
        assert_eq!(found, [json!(2), json!(1), json!(2), json!(NOT_EXPOSED), json!(NOT_EXPOSED)]);
    }

    #[test]
    fn memory_and_time_grow_with_use() {
        let (rss, cpu) = (rss_bytes().expect("Linux tells"), cpu_ns());
        let used: Vec<u64> = (0..4_000_000).collect();
        assert!(std::hint::black_box(&used).iter().sum::<u64>() > 0);
        assert!(rss_bytes().expect("Linux tells") > rss + 16_000_000);
        assert!(rss_peak_bytes().expect("Linux tells") > rss + 16_000_000);
        assert!(cpu_ns() > cpu);
        assert!(resident_bytes().is_some());
    }
}
