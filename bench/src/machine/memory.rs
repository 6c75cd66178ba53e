//! How much memory this process may still take.

use std::fs;
use std::path::Path;

/// The files of a control group: its limit, its use, and the line of `memory.stat` with what it would give up first.
type Files = [&'static str; 3];

const UNIFIED: Files = ["memory.max", "memory.current", "inactive_file "];
const OLDER: Files = ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "];

/// Bytes that this process may still take: what the kernel calls available, or less where a control group's limit, or that
/// of the process's address space (`ulimit -v`), is nearer; `None` where none is told.
pub fn available_bytes() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let machine = available(&read("/proc/meminfo"));
    let addresses = room_of_addresses(&read("/proc/self/limits"), &read("/proc/self/status"));
    let group = room_of_groups(&read("/proc/self/cgroup"), Path::new("/sys/fs/cgroup"));
    machine.into_iter().chain(addresses).chain(group).min()
}

/// `MemAvailable` of /proc/meminfo in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let kib = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// What the limit of the address space leaves beside what is in use; `None` where there is no limit.
fn room_of_addresses(limits: &str, status: &str) -> Option<u64> {
    let soft =
        limits.lines().find_map(|line| line.strip_prefix("Max address space"))?.split_whitespace().next()?;
    let used = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let used = used.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    Some(soft.parse::<u64>().ok()?.saturating_sub(used))
}

/// The least room of the groups that /proc/self/cgroup names, and of those around them.
fn room_of_groups(groups: &str, mount: &Path) -> Option<u64> {
    let rooms = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        match controllers {
            "" => room(mount, path, UNIFIED),
            _ if controllers.split(',').any(|name| name == "memory") => {
                room(&mount.join("memory"), path, OLDER)
            }
            _ => None,
        }
    });
    rooms.min()
}

/// The least room of the group at `path` and those above it. In a container the path may be one outside: then only the
/// top of what is mounted is there, which is the container's own.
fn room(mount: &Path, path: &str, [limit, used, given_up]: Files) -> Option<u64> {
    let of = |group: &Path| {
        let number = |name| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
        let max = number(limit)?;
        let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let cached = stat.lines().find_map(|line| line.strip_prefix(given_up)?.trim().parse::<u64>().ok());
        let used = number(used).unwrap_or(0).saturating_sub(cached.unwrap_or(0));
        Some(max.saturating_sub(used))
    };
    let group = mount.join(path.trim_start_matches('/'));
    group.ancestors().take_while(|group| group.starts_with(mount)).filter_map(of).min()
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
        assert!(available_bytes().expect("Linux tells") > 0);
    }

    #[test]
    fn a_limit_of_the_address_space_leaves_what_is_not_in_use() {
        let limits = |soft| {
            format!(
                "Limit      Soft Limit  Hard Limit  Units\nMax data size    5  5  bytes\nMax address space  {soft}  unlimited  bytes\n"
            )
        };
        let status = "VmPeak:\t   99999 kB\nVmSize:\t    1000 kB\nVmLck:\t       0 kB\n";
        assert_eq!(room_of_addresses(&limits("268435456"), status), Some(268_435_456 - 1_024_000));
        assert_eq!(room_of_addresses(&limits("4096"), status), Some(0));
        assert_eq!(room_of_addresses(&limits("unlimited"), status), None);
        assert_eq!(room_of_addresses("", status), None);
        assert_eq!(room_of_addresses(&limits("268435456"), ""), None);
    }

    #[test]
    fn the_nearest_limit_of_all_groups_counts_and_a_cache_does_not() {
        let mount = std::env::temp_dir().join(format!("throng-memory-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = mount.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            fs::write(path, text).expect("a new file");
        };
        write("a/b/memory.max", "max\n");
        write("a/b/memory.current", "400\n");
        write("a/memory.max", "1000\n");
        write("a/memory.current", "700\n");
        write("a/memory.stat", "anon 5\ninactive_file 200\nactive_file 7\n");
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("memory/c/memory.limit_in_bytes", "900\n");
        write("memory/c/memory.usage_in_bytes", "100\n");
        write("memory/c/memory.stat", "inactive_file 70\ntotal_inactive_file 60\n");
        let found: Vec<_> = [
            "0::/a/b\n",
            "0::/\n",
            "9:cpu,memory:/c\n1:cpu:/c\n0::/\n",
            "4:memory:/somewhere/outside\n",
            "9:cpu,memory:/c\n0::/a\n",
            "3:cpu:/a\n",
            "",
        ]
        .map(|groups| room_of_groups(groups, &mount))
        .into();
        fs::remove_dir_all(&mount).expect("this test's own");
        let far = Some(9_223_372_036_854_771_712);
        assert_eq!(found, [Some(500), None, Some(860), far, Some(500), None, None]);
    }
}
