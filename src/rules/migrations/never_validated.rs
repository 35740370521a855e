//! `NOT VALID` constraints that no later migration validates or drops.

use super::common;
use crate::rules::prelude::*;
use crate::sql::Dialect;
use crate::sql::ir::{AlterKind, Kind, Object, ObjectName};

pub const CHECK: Check = Check::Program(check);

struct Pending {
    table: ObjectName,
    constraint: Name,
    place: Location,
    newest: bool,
}

fn check(cx: &mut Cx<'_>) {
    let program = cx.program();
    let mut all: Vec<(*const crate::sql::MigrationSet, Vec<Pending>)> = Vec::new();
    common::each_up(program, Dialect::Postgres, |site| {
        if all.last().is_none_or(|(set, _)| !std::ptr::eq(*set, site.set)) {
            all.push((site.set, Vec::new()));
        }
        let Some((_, pending)) = all.last_mut() else { return };
        match &site.statement.kind {
            Kind::AlterTable(alter) => {
                for action in &alter.actions {
                    match &action.kind {
                        AlterKind::AddConstraint(constraint) if constraint.not_valid => {
                            let newest = site.set.migrations.last().is_some_and(|last| std::ptr::eq(last, site.migration));
                            pending.extend(constraint.name.as_ref().map(|name| Pending {
                                table: alter.table.clone(),
                                constraint: name.name.clone(),
                                place: action.span.in_file(site.script.file),
                                newest,
                            }));
                        }
                        AlterKind::ValidateConstraint { name } | AlterKind::DropConstraint { name, .. } => {
                            pending.retain(|each| each.constraint != name.name)
                        }
                        AlterKind::RenameConstraint { from, to } => {
                            pending
                                .iter_mut()
                                .filter(|each| each.constraint == from.name)
                                .for_each(|each| each.constraint = to.name.clone());
                        }
                        AlterKind::RenameTable { to } => {
                            pending.iter_mut().filter(|each| each.table.name == alter.table.name).for_each(|each| each.table = to.clone());
                        }
                        _ => {}
                    }
                }
            }
            Kind::Drop(drop) if drop.what == Object::Table => {
                pending.retain(|each| !drop.names.iter().any(|name| name.name == each.table.name))
            }
            // a block may do anything
            Kind::Do { .. } => {
                let text = site.slice(site.statement.span).to_ascii_lowercase();
                pending.retain(|each| !text.contains("validate") && !text.contains(each.constraint.as_str()));
            }
            _ => {}
        }
    });
    for each in all.into_iter().flat_map(|(_, pending)| pending).filter(|each| !each.newest) {
        let finding = cx.report_at(each.place).arg("constraint", each.constraint.as_str());
        finding.arg("table", common::shown(&each.table)).help("validate");
    }
}
