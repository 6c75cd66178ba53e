//! How much memory a measurement may take here.

use std::fs;

/// Half of the memory that is free now, so that neither the machine nor the container it is in runs out. Zero, which
/// the programs take for no budget, where neither is told.
pub fn budget() -> u64 {
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
    let group = "/sys/fs/cgroup/memory";
    let container = number(&format!("{group}.max"))
        .map(|max| max.saturating_sub(number(&format!("{group}.current")).unwrap_or(0)));
    machine.into_iter().chain(container).min().unwrap_or(0) / 2
}

/// `MemAvailable` of /proc/meminfo in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let kib = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let text = "MemTotal:       24689764 kB\nMemFree:        20100000 kB\nMemAvailable:   23456789 kB\n";
        assert_eq!(available(text), Some(23_456_789 * 1024));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
        assert_eq!(available("MemAvailable: much\n"), None);
    }
}
