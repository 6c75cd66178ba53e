//! How much processor time this process's control groups let it have.

use std::fs;
use std::path::Path;

/// What the kernel writes where a group has no limit of its own.
const NONE: &str = "max";

/// The tightest quota of the process's control group and those around it, in microseconds of processor time and of the
/// period that they are for, as `cpu.max` has them: `150000 100000` is one and a half processors. `max` where no group has
/// one; `None` where the kernel does not tell.
pub fn cpu_quota() -> Option<String> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    of_groups(&groups, Path::new("/sys/fs/cgroup"))
}

fn of_groups(groups: &str, mount: &Path) -> Option<String> {
    let quotas = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        if controllers.is_empty() {
            return tightest(mount, path, unified);
        }
        let named = controllers.split(',').any(|name| name == "cpu");
        // Both names are in use, the second where two controllers share a folder.
        let found =
            ["cpu", controllers].into_iter().find_map(|name| tightest(&mount.join(name), path, older));
        found.filter(|_| named)
    });
    quotas.min_by(|a, b| share(a).total_cmp(&share(b)))
}

/// The tightest of the group at `path` and those above it. In a container the path may be one outside: then only the top
/// of what is mounted is there.
fn tightest(mount: &Path, path: &str, read: fn(&Path) -> Option<String>) -> Option<String> {
    let group = mount.join(path.trim_start_matches('/'));
    let groups = group.ancestors().take_while(|group| group.starts_with(mount));
    groups.filter_map(read).min_by(|a, b| share(a).total_cmp(&share(b)))
}

fn text(path: &Path) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

fn unified(group: &Path) -> Option<String> {
    let quota = text(&group.join("cpu.max"))?;
    Some(if quota.starts_with(NONE) { NONE.to_owned() } else { quota })
}

fn older(group: &Path) -> Option<String> {
    let (quota, period) = (text(&group.join("cpu.cfs_quota_us"))?, text(&group.join("cpu.cfs_period_us"))?);
    Some(if quota.starts_with('-') { NONE.to_owned() } else { format!("{quota} {period}") })
}

/// Processors that a quota comes to.
fn share(quota: &str) -> f64 {
    let (time, period) = quota.split_once(' ').unwrap_or((quota, "1"));
    match (time.parse::<f64>(), period.parse::<f64>()) {
        (Ok(time), Ok(period)) if period > 0.0 => time / period,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_quota_of_all_groups_is_told() {
        let mount = std::env::temp_dir().join(format!("throng-quota-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = mount.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            fs::write(path, text).expect("a new file");
        };
        write("a/b/cpu.max", "max 100000\n");
        write("a/cpu.max", "150000 100000\n");
        write("free/cpu.max", "max 100000\n");
        write("cpu/c/d/cpu.cfs_quota_us", "400000\n");
        write("cpu/c/d/cpu.cfs_period_us", "100000\n");
        write("cpu/c/cpu.cfs_quota_us", "-1\n");
        write("cpu/c/cpu.cfs_period_us", "100000\n");
        write("cpu,cpuacct/e/cpu.cfs_quota_us", "50000\n");
        write("cpu,cpuacct/e/cpu.cfs_period_us", "100000\n");
        let found: Vec<_> = [
            "0::/a/b\n",
            "0::/free\n",
            "1:cpu:/c/d\n0::/\n",
            "1:cpu:/c\n",
            "4:cpu,cpuacct:/e\n0::/a\n",
            "4:memory:/c/d\n",
            "0::/outside\n",
            "",
        ]
        .map(|groups| of_groups(groups, &mount))
        .into();
        fs::remove_dir_all(&mount).expect("this test's own");
        let some = |quota: &str| Some(quota.to_owned());
        let expected = [
            some("150000 100000"),
            some("max"),
            some("400000 100000"),
            some("max"),
            some("50000 100000"),
            None,
            None,
            None,
        ];
        assert_eq!(found, expected);
    }
}
