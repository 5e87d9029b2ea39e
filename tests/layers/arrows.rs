//! Which items of other files the code of a module names, and where.

use std::path::PathBuf;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ImplItemFn, Item, ItemMod, ItemUse, Macro};

use crate::tree::{ModulePath, Tree, absolute, is_for_tests};

/// A file names an item of another.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    /// The module that the path is written in.
    pub(crate) from: ModulePath,
    /// The item, at its definition.
    pub(crate) item: ModulePath,
    pub(crate) is_test: bool,
}

/// The arrows of the code in `items`, which `module` holds; those of its children are their own.
pub(crate) fn of_module(tree: &Tree, module: &ModulePath, items: &[Item]) -> Vec<Arrow> {
    let is_test = tree.modules[module].is_test;
    let mut collector = Collector { tree, module, is_test, arrows: Vec::new() };
    for import in tree.modules[module].names.values() {
        let is_re_export = import.is_public && import.path.starts_with(module);
        if !is_re_export {
            collector.note_definition(&import.path, import.line);
        }
    }
    items.iter().for_each(|item| collector.visit_item(item));
    collector.arrows
}

struct Collector<'a> {
    tree: &'a Tree,
    module: &'a ModulePath,
    is_test: bool,
    arrows: Vec<Arrow>,
}

impl Collector<'_> {
    fn note(&mut self, path: &[String], line: usize) {
        if let Some(path) = absolute(self.tree, self.module, path) {
            self.note_definition(&path, line);
        }
    }

    fn note_definition(&mut self, path: &[String], line: usize) {
        let Some(item) = self.tree.definition(path) else { return };
        let file = &self.tree.modules[self.module].file;
        if self.tree.file_of(&item) != file {
            let (from, is_test) = (self.module.clone(), self.is_test);
            self.arrows.push(Arrow { file: file.clone(), line, from, item, is_test });
        }
    }

    /// Runs `visit` with everything found marked as that of tests, if `is_test`.
    fn within(&mut self, is_test: bool, visit: impl FnOnce(&mut Self)) {
        let before = self.is_test;
        self.is_test |= is_test;
        visit(self);
        self.is_test = before;
    }

    /// Finds paths in the arguments of a macro, which are tokens and not yet code.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.note(&std::mem::take(&mut path), line);
                    colons = 0;
                    match other {
                        TokenTree::Ident(ident) => {
                            line = ident.span().start().line;
                            path.push(ident.to_string());
                        }
                        TokenTree::Group(group) => self.scan(group.stream()),
                        _ => {}
                    }
                }
            }
        }
        self.note(&path, line);
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[_] = match item {
            Item::Const(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            _ => &[],
        };
        self.within(is_for_tests(attributes), |within| visit::visit_item(within, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let is_test = is_for_tests(&item.attrs);
        self.within(is_test, |within| visit::visit_impl_item_fn(within, item));
    }

    /// A module within the file is visited as one of its own.
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    /// What is imported is noted with the names of the module.
    fn visit_item_use(&mut self, _: &'ast ItemUse) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.note(&segments, first.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        self.scan(invocation.tokens.clone());
        visit::visit_macro(self, invocation);
    }
}
