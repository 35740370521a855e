//! Operators: what becomes of input in them, and what numbers from outside do to them.
//!
//! Where an operand is too large or zero, `*`, `-`, `<<` and `/` go wrong: a wrapped result in release builds, a panic
//! where overflow is checked. Sums are left out: to reach the end of a type by one addition takes the end of the type.

use super::ask;
use super::eval::Interp;
use super::value::{Kinds, Value, combine};
use crate::facts::{BinaryOp, ExprId};

impl Interp<'_> {
    pub fn binary(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId) -> Value {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let (yes, no) = self.branch(id);
                self.state = yes;
                self.state.join(no);
                return Value::none();
            }
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                let (a, b) = (self.eval(left), self.eval(right));
                if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
                    self.check_compared(id, [(left, &a), (right, &b)], if op == BinaryOp::Eq { "==" } else { "!=" });
                }
                return Value::none();
            }
            _ => {}
        }
        let a = self.eval(left);
        let b = self.eval(right);
        let integer = (a.is_tainted() || b.is_tainted()) && ask::is_integer(self.program, self.function, id);
        match op {
            BinaryOp::Add => {
                let text = a.leading_text().then(&b.leading_text());
                let mut sum = arithmetic(&a, &b, integer);
                sum.text = text;
                // zero only if both are
                if integer { sum.cleared(Kinds::UNDERFLOW) } else { sum }
            }
            BinaryOp::Div | BinaryOp::Rem => {
                // `x % 10` is a small number.
                if op == BinaryOp::Rem && b.text.constant && integer {
                    return a.derived().cleared(Kinds::NUMBER);
                }
                if integer {
                    self.check(Kinds::DIVISION, &b, id, right, if op == BinaryOp::Div { "/" } else { "%" });
                }
                // A path joined by `/` (camino, other operators of that kind) keeps its parts.
                combine([&a, &b])
            }
            _ => {
                // how far two numbers are apart is no number that the sender wrote
                let of_one = op != BinaryOp::Sub || !a.is_tainted() || !b.is_tainted();
                let result = arithmetic(&a, &b, integer && of_one);
                match op {
                    BinaryOp::Mul if integer => self.check(Kinds::OVERFLOW, &result, id, id, "*"),
                    BinaryOp::Shl if integer => self.check(Kinds::OVERFLOW, &b, id, id, "<<"),
                    BinaryOp::Sub if integer && ask::is_unsigned(self.program, self.function, id) => {
                        // what is taken away may be more than there is; where the program chose it, there may be nothing
                        if b.is_tainted() {
                            self.check(Kinds::OVERFLOW, &b, id, id, "-");
                        } else {
                            self.check(Kinds::UNDERFLOW, &a, id, id, "-");
                        }
                    }
                    _ => {}
                }
                // `1 << zoom` is one at least
                if op == BinaryOp::Shl && integer { result.cleared(Kinds::UNDERFLOW) } else { result }
            }
        }
    }

    /// `page as u64`: a product of what fits into half the bits fits.
    pub fn cast(&mut self, id: ExprId, operand: ExprId) -> Value {
        let value = self.eval(operand);
        let bits = |id: ExprId| ask::integer_bits(self.program, self.function, id);
        let Some((from, to)) = bits(operand).zip(bits(id)).filter(|_| value.is_tainted()) else { return value };
        // `-1 as usize` is a large number, `u64::MAX as i64` a negative one
        let signed = |id: ExprId| !ask::is_unsigned(self.program, self.function, id);
        if to < from || signed(operand) && !signed(id) || to == from && signed(operand) != signed(id) {
            self.check(Kinds::TRUNCATION, &value, id, operand, "as");
        }
        if from < to { value.cleared(Kinds::OVERFLOW) } else { value }
    }
}

/// `page - 1`: as much of the sender's choosing as `page`.
fn arithmetic(a: &Value, b: &Value, integer: bool) -> Value {
    let mut both = combine([a, b]);
    if integer {
        for taint in &mut both.taints {
            taint.exact = a.taints.iter().chain(&b.taints).any(|have| have.source == taint.source && have.exact);
        }
    }
    both
}
