//! What inference leaves behind for one body: a type per expression, the binding behind each local, what each call may run.
//!
//! Types are kept once per body, expressions point at them: a body has few different types and many expressions.

use super::Target;
use super::names::Def;
use super::ty::Ty;
use crate::facts::hash::QuickMap;
use crate::facts::{ExprId, PatId};
use crate::model::CallId;

/// A call, a macro call, or a function named without being called (`.map(load_one)`).
#[derive(Clone, Debug)]
pub struct Site {
    pub expr: ExprId,
    /// range into `BodyInfo::targets`
    pub(super) targets: (u32, u32),
    pub model: Option<CallId>,
    /// the function is named here and called elsewhere
    pub by_name: bool,
    /// a foreign method called by its path: its receiver is the first argument
    pub by_path: bool,
}

#[derive(Clone, Debug, Default)]
pub struct BodyInfo {
    types: Vec<Ty>,
    expr_types: Vec<u32>,
    pat_types: Vec<u32>,
    /// sorted by expression
    locals: Vec<(ExprId, PatId)>,
    /// sorted by expression
    sites: Vec<Site>,
    targets: Vec<Target>,
    /// what paths mean that are no locals; sorted by expression
    paths: Vec<(ExprId, Def)>,
    /// sorted by expression: the model, and whether it is likely
    guesses: Vec<(ExprId, CallId, bool)>,
}

static UNKNOWN: Ty = Ty::Unknown;

impl BodyInfo {
    #[must_use]
    pub fn ty(&self, expr: ExprId) -> &Ty {
        self.expr_types.get(expr.0 as usize).and_then(|at| self.types.get(*at as usize)).unwrap_or(&UNKNOWN)
    }

    #[must_use]
    pub fn pat_ty(&self, pat: PatId) -> &Ty {
        self.pat_types.get(pat.0 as usize).and_then(|at| self.types.get(*at as usize)).unwrap_or(&UNKNOWN)
    }

    #[must_use]
    pub fn local(&self, expr: ExprId) -> Option<PatId> {
        self.locals.binary_search_by_key(&expr, |(own, _)| *own).ok().map(|at| self.locals[at].1)
    }

    #[must_use]
    pub fn path(&self, expr: ExprId) -> Option<&Def> {
        self.paths.binary_search_by_key(&expr, |(own, _)| *own).ok().map(|at| &self.paths[at].1)
    }

    #[must_use]
    pub fn guess(&self, expr: ExprId) -> Option<(CallId, bool)> {
        let at = self.guesses.binary_search_by_key(&expr, |(own, ..)| *own).ok()?;
        Some((self.guesses[at].1, self.guesses[at].2))
    }

    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    #[must_use]
    pub fn site(&self, expr: ExprId) -> Option<&Site> {
        self.sites.binary_search_by_key(&expr, |site| site.expr).ok().map(|at| &self.sites[at])
    }

    /// Adds a call whose targets were found afterwards.
    pub(super) fn add_site(&mut self, expr: ExprId, targets: Vec<Target>) {
        let Err(at) = self.sites.binary_search_by_key(&expr, |site| site.expr) else { return };
        let start = self.targets.len() as u32;
        self.targets.extend(targets);
        let targets = (start, self.targets.len() as u32);
        self.sites.insert(at, Site { expr, targets, model: None, by_name: false, by_path: false });
    }

    #[must_use]
    pub fn targets_of(&self, site: &Site) -> &[Target] {
        self.targets.get(site.targets.0 as usize..site.targets.1 as usize).unwrap_or(&[])
    }

    #[must_use]
    pub fn targets(&self, expr: ExprId) -> &[Target] {
        self.site(expr).map_or(&[], |site| self.targets_of(site))
    }
}

/// Collects while a body is inferred.
#[derive(Debug, Default)]
pub struct Builder {
    pub tys: Vec<Ty>,
    pub pats: Vec<Ty>,
    pub locals: Vec<(ExprId, PatId)>,
    pub paths: Vec<(ExprId, Def)>,
    pub guesses: Vec<(ExprId, CallId, bool)>,
    pub sites: Vec<(ExprId, Vec<Target>, Option<CallId>, bool)>,
    /// calls of foreign methods by their path
    pub by_path: Vec<ExprId>,
}

impl Builder {
    #[must_use]
    pub fn finish(mut self) -> BodyInfo {
        let mut info = BodyInfo { types: vec![Ty::Unknown], ..BodyInfo::default() };
        let mut index: QuickMap<Ty, u32> = QuickMap::default();
        index.insert(Ty::Unknown, 0);
        let mut before = 0;
        let mut place = |ty: Ty, types: &mut Vec<Ty>| {
            // much is unknown, and what stands around an expression often has its type
            if ty.is_unknown() {
                return 0;
            }
            if types.get(before as usize) == Some(&ty) {
                return before;
            }
            before = match index.get(&ty) {
                Some(at) => *at,
                None => {
                    let at = types.len() as u32;
                    types.push(ty.clone());
                    index.insert(ty, at);
                    at
                }
            };
            before
        };
        info.expr_types = self.tys.into_iter().map(|ty| place(ty, &mut info.types)).collect();
        info.pat_types = self.pats.into_iter().map(|ty| place(ty, &mut info.types)).collect();
        self.locals.sort_unstable_by_key(|(expr, _)| *expr);
        self.paths.sort_by_key(|(expr, _)| *expr);
        self.sites.sort_by_key(|(expr, ..)| *expr);
        self.paths.dedup_by_key(|(expr, _)| *expr);
        self.locals.dedup_by_key(|(expr, _)| *expr);
        self.sites.dedup_by_key(|(expr, ..)| *expr);
        self.by_path.sort_unstable();
        self.guesses.sort_by_key(|(expr, ..)| *expr);
        info.guesses = self.guesses;
        info.locals = self.locals;
        info.paths = self.paths;
        for (expr, targets, model, by_name) in self.sites {
            let start = info.targets.len() as u32;
            info.targets.extend(targets);
            let by_path = self.by_path.binary_search(&expr).is_ok();
            info.sites.push(Site { expr, targets: (start, info.targets.len() as u32), model, by_name, by_path });
        }
        info
    }
}
