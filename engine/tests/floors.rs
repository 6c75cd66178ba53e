//! The floor laws, checked on the engine's own text: the order of `mod` lines is the floor plan, a module names only
//! modules declared before it, a child nothing from its own `mod.rs`, nobody anything defined in `lib.rs`; and a file is
//! one room. Atomics come through `sync.rs` alone, so that a model sees them. The floors that models run have a root of
//! their own, `modelled.rs`, in the same order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

const LINES_MOST: usize = 500;

/// A module of the crate.
struct Module {
    /// As "actor" or "actor::ask"; empty for `lib.rs`.
    name: String,
    file: PathBuf,
    text: String,
}

/// The names in `mod name;` lines, in order, with their lines.
fn children(text: &str) -> Vec<(usize, String)> {
    let declared = |line: &str| {
        let words: Vec<_> = line.trim().trim_end_matches(';').split_whitespace().collect();
        let at = words.iter().position(|word| *word == "mod")?;
        let visible = words[..at].iter().all(|word| word.starts_with("pub"));
        (line.trim().ends_with(';') && visible && words.len() == at + 2).then(|| words[at + 1].to_string())
    };
    text.lines().enumerate().filter_map(|(n, line)| Some((n + 1, declared(line)?))).collect()
}

/// All modules, in the order of the floor plan: a parent before its children.
fn collect(dir: &Path, prefix: &str, file: PathBuf, all: &mut Vec<Module>, faults: &mut Vec<String>) {
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let inner = children(&text);
    all.push(Module { name: prefix.to_string(), file: file.clone(), text });
    for (line, child) in inner {
        let name = if prefix.is_empty() { child.clone() } else { format!("{prefix}::{child}") };
        let (flat, nested) = (dir.join(format!("{child}.rs")), dir.join(&child).join("mod.rs"));
        if flat.exists() {
            collect(&dir.join(&child), &name, flat, all, faults);
        } else if nested.exists() {
            collect(&dir.join(&child), &name, nested, all, faults);
        } else {
            faults.push(format!("{}:{line}: no file for `mod {child}`", file.display()));
        }
    }
}

/// The text without comments, and without what is in string and character literals; lines stay where they are.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let (mut comment, mut block, mut string) = (false, 0_u32, false);
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            '\n' => {
                comment = false;
                out.push(c);
            }
            _ if comment => {}
            '*' if block > 0 && next == Some('/') => {
                rest.next();
                block -= 1;
            }
            '/' if !string && next == Some('*') => {
                rest.next();
                block += 1;
            }
            _ if block > 0 => {}
            '\\' if string => _ = rest.next_if(|c| *c != '\n'),
            '"' => string = !string,
            _ if string => {}
            '\'' if next == Some('"') || next == Some('\\') => {
                // A quote or an escape as a character.
                if rest.next() == Some('\\') {
                    rest.next();
                }
                rest.next_if_eq(&'\'');
            }
            '/' if next == Some('/') => comment = true,
            _ => out.push(c),
        }
    }
    out
}

/// Every path that starts at `crate` or `super`, flattened out of braces: line and segments.
fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for root in ["crate", "super"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            let behind = code[at + root.len()..].trim_start();
            let part = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$');
            if part || !behind.starts_with("::") {
                continue;
            }
            let line = code[..at].matches('\n').count() + 1;
            follow(behind, line, vec![root.to_string()], &mut found);
        }
    }
    found
}

/// Follows `::segment` and `::{...}`; gives what is behind the path.
fn follow<'t>(
    text: &'t str,
    line: usize,
    mut path: Vec<String>,
    found: &mut Vec<(usize, Vec<String>)>,
) -> &'t str {
    let mut rest = text;
    while let Some(behind) = rest.trim_start().strip_prefix("::") {
        let behind = behind.trim_start();
        if let Some(mut inner) = behind.strip_prefix('{') {
            loop {
                inner = inner.trim_start();
                if let Some(after) = inner.strip_prefix('}') {
                    return after;
                }
                let name: String = inner.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                inner = &inner[name.len()..];
                let mut one = path.clone();
                if name != "self" {
                    one.push(name);
                }
                inner = follow(inner, line, one, found);
                // Over `as other`, up to the next one.
                let end = inner.find([',', '}']).unwrap_or(inner.len());
                inner = inner[end..].strip_prefix(',').unwrap_or(&inner[end..]);
                if inner.is_empty() {
                    return inner;
                }
            }
        }
        let name: String = behind.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            rest = behind;
            break;
        }
        rest = &behind[name.len()..];
        path.push(name);
    }
    found.push((line, path));
    rest
}

/// The path from the crate's root, without `crate` and `super`. None if `super` leads out of the crate.
fn absolute(module: &str, path: &[String], inside: usize) -> Option<Vec<String>> {
    let mut here: Vec<String> =
        if module.is_empty() { Vec::new() } else { module.split("::").map(String::from).collect() };
    // Inline modules, such as `mod tests { .. }`, stand one deeper.
    here.extend((0..inside).map(|_| String::new()));
    let mut rest = path;
    if rest.first().is_some_and(|first| first == "crate") {
        here.clear();
        rest = &rest[1..];
    }
    while rest.first().is_some_and(|first| first == "super") {
        here.pop()?;
        rest = &rest[1..];
    }
    here.extend(rest.iter().cloned());
    Some(here)
}

/// How many inline modules each line stands in.
fn depths(code: &str) -> Vec<usize> {
    let (mut braces, mut opened, mut depths) = (0_usize, Vec::new(), Vec::new());
    for line in code.lines() {
        let declares =
            line.split_whitespace().skip_while(|w| w.starts_with("pub")).take(1).any(|w| w == "mod");
        if declares && line.trim_end().ends_with('{') {
            opened.push(braces);
        }
        braces += line.matches('{').count();
        braces = braces.saturating_sub(line.matches('}').count());
        depths.push(opened.len());
        opened.retain(|at| *at < braces);
    }
    depths
}

/// Whether it is a model, or a part of one.
fn is_model(module: &Module) -> bool {
    module.name.split("::").any(|part| part == "model")
}

/// Faults of one crate whose root is this file in `src`; those of models where `models` is true, else those of all others.
fn check(src: &Path, root: &str, models: bool) -> Vec<String> {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    collect(src, "", src.join(root), &mut all, &mut faults);
    let place: HashMap<&str, usize> = all.iter().enumerate().map(|(n, m)| (m.name.as_str(), n)).collect();
    for (here, module) in all.iter().enumerate().filter(|(_, module)| is_model(module) == models) {
        let shown = module.file.display();
        let lines = module.text.lines().count();
        if lines > LINES_MOST {
            faults.push(format!("{shown}:{}: a file has {LINES_MOST} lines at most", LINES_MOST + 1));
        }
        // The root re-exports what it likes.
        if module.name.is_empty() {
            continue;
        }
        let code = code(&module.text);
        // Models count beside what they model.
        if module.name != "sync" && !models {
            for (line, text) in code.lines().enumerate().filter(|(_, text)| text.contains("sync::atomic")) {
                faults.push(format!("{shown}:{}: `{}` passes by sync.rs", line + 1, text.trim()));
            }
        }
        let depths = depths(&code);
        for (line, path) in paths(&code) {
            let words = path.join("::");
            let Some(target) = absolute(&module.name, &path, depths.get(line - 1).copied().unwrap_or(0))
            else {
                faults.push(format!("{shown}:{line}: `{words}` leads out of the crate"));
                continue;
            };
            // The longest part of the path that is a module.
            let known = (0..=target.len()).rev().find_map(|n| place.get(target[..n].join("::").as_str()));
            let Some(&there) = known else { continue };
            let owner = &all[there].name;
            let itself = module.name == *owner || owner.starts_with(&format!("{}::", module.name));
            if owner.is_empty() {
                faults.push(format!("{shown}:{line}: `{words}` is defined in {root}"));
            } else if module.name.starts_with(&format!("{owner}::")) {
                faults.push(format!("{shown}:{line}: `{words}` is in the module's own mod.rs"));
            } else if there > here && !itself {
                faults.push(format!("{shown}:{line}: `{words}` is on a higher floor"));
            }
        }
    }
    faults
}

#[test]
fn modules_name_only_what_lies_below_them() {
    // Asked now: a target folder that several clones share may hold this program as another clone has built it.
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package lies");
    let src = Path::new(&here).join("src");
    let mut faults = check(&src, "lib.rs", false);
    faults.extend(check(&src, "modelled.rs", true));
    assert!(faults.is_empty(), "the floor laws are broken:\n{}", faults.join("\n"));
}

#[test]
fn models_run_the_floors_in_their_order() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package lies");
    let floors = |root: &str| -> Vec<String> {
        let file = Path::new(&here).join("src").join(root);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        children(&text).into_iter().map(|(_, name)| name).filter(|name| name != "model").collect()
    };
    let (all, modelled) = (floors("lib.rs"), floors("modelled.rs"));
    let in_order: Vec<_> = all.into_iter().filter(|name| modelled.contains(name)).collect();
    assert_eq!(modelled, in_order);
}

/// Files below a folder that have more lines than a room.
fn large(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            found.extend(large(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let lines = text.lines().count();
            if lines > LINES_MOST {
                found.push(format!("{}: {lines} lines, {LINES_MOST} at most", path.display()));
            }
        }
    }
    found
}

#[test]
fn tests_and_examples_are_rooms_too() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package lies");
    let faults: Vec<_> =
        ["tests", "examples", "macros"].iter().flat_map(|dir| large(&Path::new(&here).join(dir))).collect();
    assert!(faults.is_empty(), "files that are too large:\n{}", faults.join("\n"));
}

#[test]
fn a_broken_law_is_found() {
    let dir = std::env::temp_dir().join(format!("throng-floors-{}", std::process::id()));
    let room = dir.join("b");
    std::fs::create_dir_all(&room).expect("a folder for a crate that breaks the laws");
    let write = |file: PathBuf, text: &str| std::fs::write(file, text).expect("a file");
    write(dir.join("lib.rs"), "mod a;\npub(crate) mod b;\nmod c;\npub fn item() {}\npub use a::X;\n");
    write(
        dir.join("a.rs"),
        "// crate::c::in_a_comment\nuse crate::{\n    c::C,\n    item,\n};\nconst X: &str = \"crate::c\";\nfn f() { super::b::g(); }\n",
    );
    write(room.join("mod.rs"), "mod one;\nmod two;\npub fn helper() {}\nuse self::one::One;\n");
    write(room.join("one.rs"), "use super::two::Two;\nuse super::helper;\nuse crate::a::X;\n");
    write(
        room.join("two.rs"),
        "use super::one::One;\nuse std::sync::atomic::AtomicBool;\nmod tests {\n    use super::*;\n    use super::super::one::One;\n}\nuse crate::a::X;\n",
    );
    write(dir.join("c.rs"), &"\n".repeat(LINES_MOST + 1));
    write(dir.join("modelled.rs"), "mod model;\nmod d;\n");
    write(dir.join("model.rs"), "use crate::d::D;\nuse std::sync::atomic::AtomicBool;\n");
    write(dir.join("d.rs"), "use crate::model::M;\n");
    let faults = check(&dir, "lib.rs", false);
    let of_models = check(&dir, "modelled.rs", true);
    let large = large(&dir);
    std::fs::remove_dir_all(&dir).expect("the folder is ours");
    assert_eq!(of_models.len(), 1, "{of_models:?}");
    assert!(of_models[0].contains("model.rs:1: `crate::d::D` is on a higher floor"), "{of_models:?}");
    assert_eq!(large, [format!("{}: 501 lines, 500 at most", dir.join("c.rs").display())]);
    let mut found: Vec<_> = faults
        .iter()
        .map(|fault| fault.strip_prefix(&format!("{}/", dir.display())).unwrap_or(fault))
        .map(|fault| fault.splitn(3, ':').take(2).collect::<Vec<_>>().join(":"))
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["a.rs:2", "a.rs:2", "a.rs:7", "b/one.rs:1", "b/one.rs:2", "b/two.rs:2", "c.rs:501"],
        "{faults:#?}"
    );
}
