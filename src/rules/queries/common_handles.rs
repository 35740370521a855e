//! Loops over databases and over what a constant holds: no query can ask two databases at once, and a list in the source does not grow.

use super::common::{Loops, Site};
use crate::facts::walk;
use crate::program::{Loop, LoopShape, Ty};
use crate::rules::prelude::*;
use crate::secrets::names;

/// How types are called that stand for a database of their own.
const HANDLES: &[&str] = &["pool", "shard", "replica", "store", "datastore", "database", "db"];

/// Items by whose name alone it is clear that each means another database.
const SHARDS: &[&str] = &["shard", "shard_id", "shard_name", "replica"];

impl Loops<'_> {
    /// `for shard in &self.shards { shard.count().await }`: the query goes to the item itself, or to what the item names.
    pub(super) fn is_of_handles(&self, site: &Site, each: &Loop) -> bool {
        let Some(item) = each.item else { return false };
        let mut bound = Vec::new();
        let mut named = false;
        walk::for_each_binding(self.body, item, &mut |binding, pat| {
            bound.push(binding);
            if let PatKind::Bind { name, .. } = &pat.kind {
                named |= SHARDS.contains(&name.as_str());
            }
        });
        if named {
            return true;
        }
        let (receiver, args) = match &self.body.expr(site.expr).kind {
            ExprKind::MethodCall { receiver, args, .. } => (Some(*receiver), args.as_slice()),
            ExprKind::Call { args, .. } => (None, args.as_slice()),
            _ => return false,
        };
        let kind = |id: ExprId| self.program.type_kind(self.program.ty(self.function, id));
        let of_item = |id: ExprId| self.root(id).is_some_and(|root| bound.contains(&root));
        if receiver.iter().chain(args).any(|id| of_item(*id) && matches!(kind(*id), Some("db-pool" | "db-connection"))) {
            return true;
        }
        // a store that is handed somebody else's connection is a row, whatever it is called
        let handed = args.iter().any(|arg| kind(*arg).is_some_and(|kind| kind.starts_with("db-")));
        !handed && bound.iter().any(|binding| self.is_handle(self.program.pat_ty(self.function, *binding)))
    }

    /// A type of the project that holds its own way to a database, by its name and by having one.
    fn is_handle(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Ref(inner) => self.is_handle(inner),
            Ty::Foreign(path, args) if self.program.kind_of(path) == Some("pointer") => args.iter().any(|arg| self.is_handle(arg)),
            Ty::Workspace(..) => {
                let name = self.program.type_name(ty);
                // without the arguments: `ChainStore<Pool>` is a store
                let bare = name.split('<').next().unwrap_or_default();
                names::words(bare.rsplit(':').next().unwrap_or_default()).iter().any(|word| HANDLES.contains(&word.as_str()))
                    && self.leads_to_database(ty, 6)
            }
            _ => false,
        }
    }

    fn leads_to_database(&self, ty: &Ty, depth: u32) -> bool {
        if matches!(self.program.type_kind(ty), Some("db-pool" | "db-connection")) {
            return true;
        }
        match ty {
            _ if depth == 0 => false,
            Ty::Ref(inner) => self.leads_to_database(inner, depth),
            Ty::Foreign(_, args) => args.iter().any(|arg| self.leads_to_database(arg, depth - 1)),
            Ty::Workspace(id, _) => match &self.program.type_info(*id).shape {
                crate::program::Shape::Struct(fields) => fields.iter().any(|(_, ty)| self.leads_to_database(ty, depth - 1)),
                _ => false,
            },
            _ => false,
        }
    }

    /// `for (schema, tables) in TABLES { for table in tables { .. } }`: the inner list stands in the source, too.
    pub(super) fn is_inside_constant(&self, each: &Loop) -> bool {
        let Some(root) = each.over.and_then(|over| self.root(self.source(over))) else { return false };
        self.list.iter().filter(|outer| outer.shape == LoopShape::Constant).any(|outer| {
            let mut bound = false;
            if let Some(item) = outer.item {
                walk::for_each_binding(self.body, item, &mut |binding, _| bound |= binding == root);
            }
            bound && self.program.type_kind(self.program.pat_ty(self.function, root)).is_none()
        })
    }

    /// What `xs.iter()` is called on.
    fn source(&self, mut id: ExprId) -> ExprId {
        while let ExprKind::MethodCall { receiver, method, args, .. } = &self.body.expr(id).kind {
            if !args.is_empty() || !matches!(method.as_str(), "iter" | "into_iter" | "copied" | "cloned") {
                break;
            }
            id = *receiver;
        }
        id
    }
}
