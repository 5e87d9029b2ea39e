//! The modules of a crate, read from its files without compiling them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, UseTree};

use crate::arrows::{self, Arrow};

/// The segments of a path, from the root of the crate: `["server", "session"]`.
pub(crate) type ModulePath = Vec<String>;

/// A module: a file, or a block within one.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The file that it is written in, relative to the root of the crate.
    pub(crate) file: PathBuf,
    /// Names of the items it defines, its child modules included.
    pub(crate) items: Vec<String>,
    /// What its `use` items bring into scope: local name and path from the root.
    pub(crate) names: HashMap<String, Import>,
    /// The modules whose names it brings into scope with `*`.
    pub(crate) globs: Vec<ModulePath>,
    /// Whether it is compiled for tests only.
    pub(crate) is_test: bool,
}

/// A name that a `use` item brings into scope.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: ModulePath,
    pub(crate) line: usize,
    pub(crate) is_public: bool,
}

/// A crate: its modules, and who names whose items.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) modules: HashMap<ModulePath, Module>,
    pub(crate) arrows: Vec<Arrow>,
}

impl Tree {
    /// Reads `src/lib.rs`, `src/bin/*.rs`, and all modules that they declare.
    pub(crate) fn read(root: &Path) -> Self {
        let mut reader = Reader { root, tree: Self::default(), bodies: Vec::new() };
        reader.read_file(Vec::new(), "src/lib.rs".into(), "src".into(), false);
        let mut programs: Vec<_> = fs::read_dir(root.join("src/bin"))
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("an entry of src/bin").file_name())
            .collect();
        programs.sort();
        for name in programs {
            let file = Path::new("src/bin").join(&name);
            let module = file.file_stem().expect("a name").to_string_lossy().into_owned();
            reader.read_file(vec!["bin".into(), module], file, "src/bin".into(), false);
        }
        let Reader { mut tree, bodies, .. } = reader;
        for (module, items) in &bodies {
            let found = arrows::of_module(&tree, module, items);
            tree.arrows.extend(found);
        }
        tree.arrows.sort_by(|a, b| (&a.file, a.line, &a.item).cmp(&(&b.file, b.line, &b.item)));
        tree
    }

    /// The module that defines what `path` names, and the path of it there. `None` for a module
    /// itself, and for what is not of this crate.
    pub(crate) fn definition(&self, path: &[String]) -> Option<ModulePath> {
        self.follow(path, 0)
    }

    fn follow(&self, path: &[String], depth: usize) -> Option<ModulePath> {
        /// Longest chain of re-exports; a cycle of them ends here.
        const MAX_RE_EXPORTS: usize = 16;
        if depth > MAX_RE_EXPORTS {
            return None;
        }
        let inner = (0..=path.len()).rev().find(|len| self.modules.contains_key(&path[..*len]))?;
        let name = path.get(inner)?;
        let module = &self.modules[&path[..inner]];
        if let Some(import) = module.names.get(name) {
            let target: Vec<_> = import.path.iter().chain(&path[inner + 1..]).cloned().collect();
            return self.follow(&target, depth + 1);
        }
        if module.items.contains(name) {
            return Some(path[..=inner].to_vec());
        }
        module.globs.iter().find_map(|glob| {
            let target: Vec<_> = glob.iter().chain(&path[inner..]).cloned().collect();
            self.follow(&target, depth + 1)
        })
    }

    /// The file that defines the item of `path`.
    pub(crate) fn file_of(&self, path: &[String]) -> &Path {
        &self.modules[&path[..path.len() - 1]].file
    }
}

/// Whether the attributes say `#[cfg(test)]`.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

/// Makes `path`, as written in `module`, one from the root of the crate. `None` if it does not
/// begin with a word that leads there.
pub(crate) fn absolute(tree: &Tree, module: &[String], path: &[String]) -> Option<ModulePath> {
    let first = path.first()?;
    let base = match first.as_str() {
        "crate" | "bluetrace" => Vec::new(),
        "self" => module.to_vec(),
        "super" => {
            let supers = path.iter().take_while(|segment| *segment == "super").count();
            let base = module.len().checked_sub(supers).map(|len| module[..len].to_vec())?;
            return Some(base.into_iter().chain(path[supers..].iter().cloned()).collect());
        }
        name => {
            let here = tree.modules.get(module)?;
            let child = [module, &[name.to_owned()]].concat();
            if let Some(import) = here.names.get(name) {
                import.path.clone()
            } else if tree.modules.contains_key(&child) {
                child
            } else {
                return None;
            }
        }
    };
    Some(base.into_iter().chain(path[1..].iter().cloned()).collect())
}

struct Reader<'a> {
    root: &'a Path,
    tree: Tree,
    bodies: Vec<(ModulePath, Vec<Item>)>,
}

impl Reader<'_> {
    fn read_file(&mut self, path: ModulePath, file: PathBuf, folder: PathBuf, is_test: bool) {
        let text = fs::read_to_string(self.root.join(&file))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_module(path, file, folder, is_test, parsed.items);
    }

    /// Notes the module at `path`, whose children are in `folder`, and reads them.
    fn read_module(
        &mut self,
        path: ModulePath,
        file: PathBuf,
        folder: PathBuf,
        is_test: bool,
        items: Vec<Item>,
    ) {
        let mut module = Module { file: file.clone(), is_test, ..Module::default() };
        for item in &items {
            module.items.extend(name_of(item));
        }
        self.tree.modules.insert(path.clone(), module);
        for item in &items {
            let Item::Mod(child) = item else { continue };
            let name = child.ident.to_string();
            let child_path = [&path[..], std::slice::from_ref(&name)].concat();
            let is_test = is_test || is_for_tests(&child.attrs);
            let inside = folder.join(&name);
            match &child.content {
                Some((_, items)) => {
                    self.read_module(child_path, file.clone(), inside, is_test, items.clone());
                }
                None if child.attrs.iter().any(|attribute| attribute.path().is_ident("path")) => {}
                None => {
                    let alone = folder.join(format!("{name}.rs"));
                    let is_alone = self.root.join(&alone).exists();
                    let child_file = if is_alone { alone } else { inside.join("mod.rs") };
                    self.read_file(child_path, child_file, inside, is_test);
                }
            }
        }
        self.note_uses(&path, &items);
        self.bodies.push((path, items));
    }

    fn note_uses(&mut self, module: &[String], items: &[Item]) {
        for item in items {
            let Item::Use(item) = item else { continue };
            let is_public = !matches!(item.vis, syn::Visibility::Inherited);
            for leaf in leaves(&item.tree) {
                let Some(path) = absolute(&self.tree, module, &leaf.path) else { continue };
                let here = self.tree.modules.get_mut(module).expect("the module is noted");
                match leaf.name {
                    Some(name) => {
                        here.names.insert(name, Import { path, line: leaf.line, is_public });
                    }
                    None => here.globs.push(path),
                }
            }
        }
    }
}

/// One name of a `use` item; no name is a `*`.
pub(crate) struct Leaf {
    pub(crate) path: ModulePath,
    pub(crate) name: Option<String>,
    pub(crate) line: usize,
}

/// All names of a `use` item.
pub(crate) fn leaves(tree: &UseTree) -> Vec<Leaf> {
    fn collect(tree: &UseTree, prefix: &[String], leaves: &mut Vec<Leaf>) {
        let extended = |name: &syn::Ident| [prefix, &[name.to_string()]].concat();
        let mut leaf = |at: &syn::Ident, path: ModulePath, name: Option<String>| {
            leaves.push(Leaf { path, name, line: at.span().start().line });
        };
        match tree {
            UseTree::Path(path) => collect(&path.tree, &extended(&path.ident), leaves),
            UseTree::Name(name) if name.ident == "self" => {
                leaf(&name.ident, prefix.to_vec(), prefix.last().cloned());
            }
            UseTree::Name(name) => {
                leaf(&name.ident, extended(&name.ident), Some(name.ident.to_string()));
            }
            UseTree::Rename(rename) => {
                let path =
                    if rename.ident == "self" { prefix.to_vec() } else { extended(&rename.ident) };
                leaf(&rename.ident, path, Some(rename.rename.to_string()));
            }
            UseTree::Glob(_) => leaves.push(Leaf { path: prefix.to_vec(), name: None, line: 0 }),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| collect(tree, prefix, leaves));
            }
        }
    }
    let mut found = Vec::new();
    collect(tree, &[], &mut found);
    found
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
