use super::{body, clean};
use crate::facts::*;

#[test]
fn templates() {
    assert_eq!(
        body(r#"format!("a {} {0:?} {x} {y:>w$.p$} {{}} {:.*}", b, c, d, x = e.f())"#),
        r#"{ format!(^y, ^w, ^p, b, c, d, x=(e .f) | "a " {3:} " " {3:?} " " {6:} " " {0:} " {} " {5:}) }"#
    );
    assert_eq!(body(r#"println!()"#), "{ println!() }");
    assert_eq!(body(r#"write!(f, "{self:?}-{n:#?}")?"#), r#"{ write!(f, ^self, ^n | {1:?} "-" {2:?})? }"#);
    assert_eq!(body(r##"panic!(r#"no "{x}" \n"#)"##), r##"{ panic!(^x | "no \"" {0:} "\" \\n") }"##);
    assert_eq!(
        body(r#"assert!(a == b, "x {}", c); assert_eq!(a, b); assert_ne!(a, b, "{:?}", d)"#),
        r#"{ assert!((Eq a b), c | "x " {1:}); assert_eq!(a, b); assert_ne!(a, b, d | {2:?}) }"#
    );
    assert_eq!(
        body(r#"bail!(Error::X); bail!("a {e}"); anyhow::ensure!(x > 1, "small {}", x); return Err(anyhow!("{e:#}"))"#),
        r#"{ bail!(Error::X); bail!(^e | "a " {0:}); anyhow::ensure!((Gt x 1), x | "small " {1:}); (return (Err <- anyhow!(^e | {0:}))) }"#
    );
    assert_eq!(body(r#"format!(concat!("a {}", " {b}"), x)"#), r#"{ format!(^b, x | "a " {1:} " " {0:}) }"#);
    assert_eq!(body(r#"format!("{:02x} {0:08.3} {:e}", a, b)"#), r#"{ format!(a, b | {0:x} " " {0:} " " {1:e}) }"#);
    assert_eq!(
        body(
            r#"format!("\u{7b}x\u{7d} \
                      {r#type}")"#
        ),
        r#"{ format!(^x, ^type | {0:} " " {1:}) }"#
    );
}

#[test]
fn log_events_and_spans() {
    assert_eq!(body(r#"log::info!(target: "t", "x {}", y)"#), r#"{ log::info!(target="t", y | "x " {1:}) }"#);
    assert_eq!(
        body(r#"info!(a = 1, b.c = %x, ?y, %z.w, "quoted key" = ?v, q, "msg {}", m)"#),
        r#"{ info!(a=1, b.c=%x, y=?y, z.w=%z.w, quoted key=?v, q=q, m | "msg " {6:}) }"#
    );
    assert_eq!(
        body(r#"tracing::error!(parent: &span, name: "n", { id = 3, ?e }, "failed {e}")"#),
        r#"{ tracing::error!(parent=&span, name="n", id=3, e=?e, ^e | "failed " {4:}) }"#
    );
    assert_eq!(body(r#"warn!(user:? = u, err:err = e; "slow {}", n)"#), r#"{ warn!(user=?u, err=%e, n | "slow " {2:}) }"#);
    assert_eq!(
        body(
            r#"event!(Level::INFO, x, "m"); span!(Level::DEBUG, "name", a = 1); info_span!("http", method = %r.method(), status = field::Empty)"#
        ),
        r#"{ event!(Level::INFO, x=x | "m"); span!(Level::DEBUG, "name", a=1); info_span!("http", method=%(r .method), status=field::Empty) }"#
    );
    assert_eq!(
        body(r#"slog::info!(log, "got {}", n; "key" => %k, "b" => 2)"#),
        r#"{ slog::info!(log=log, n, key=%k, b=2 | "got " {1:}) }"#
    );
    assert_eq!(
        body(r#"error!(error = ?err.source(), "x"); debug!("{}", format!("{a}")); error!(err); trace!(?self)"#),
        r#"{ error!(error=?(err .source) | "x"); debug!(format!(^a | {0:}) | {0:}); error!(err=err); trace!(self=?self) }"#
    );
    assert_eq!(
        body(r#"log!(Level::Warn, "a {b}"); error!("a" ; "k" => v)"#),
        r#"{ log!(Level::Warn, ^b | "a " {1:}); error!(k=v | "a") }"#
    );
}

#[test]
fn json_objects() {
    assert_eq!(
        body(r#"json!({"a": 1, "b": {"c": [x.y(), null, {"d": z}]}, key: w, (k.n()): "v", "e": if t { 1 } else { 2 }})"#),
        r#"{ json!(a=1, b=json!(c=[(x .y) ? json!(d=z)]), (tuple key w), (tuple (k .n) "v"), e=(if t { 1 } { 2 })) }"#
    );
    assert_eq!(
        body(r#"json!([1, f()]); serde_json::json!(user); json!(null); doc! { "$set": { "x": y }, "z": 1 }; json!({})"#),
        r#"{ json!([1 (f <- )]); serde_json::json!(user); json!(?); doc!($set=doc!(x=y), z=1); json!() }"#
    );
}

#[test]
fn control_flow_macros() {
    assert_eq!(
        body("if !matches!(x.y(), A::B(_) | A::C { .. } if z > 1) {}"),
        "{ (if (Not (And (let A::B(_)|A::C{..} = (x .y)) (Gt z 1))) { } -) }"
    );
    assert_eq!(
        body("tokio::select! { biased; Some(m) = rx.recv(), if ok => { go(m).await } _ = sleep(d) => f(), else => break }"),
        "{ tokio::select!(if=ok, (match (rx .recv).await [Some(m) => { (go <- m).await }]), (match (sleep <- d).await [_ => (f <- )]), else=(break - -)) }"
    );
    assert_eq!(
        body("select! { recv(r) -> msg => g(msg), default(d) => {} }"),
        "{ select!((match (recv <- r) [msg => (g <- msg)]), (match (default <- d) [_ => { }])) }"
    );
    assert_eq!(
        body("futures::select! { a = fut => x(a), complete => break, }"),
        "{ futures::select!((match fut.await [a => (x <- a)]), else=(break - -)) }"
    );
    assert_eq!(
        body("tokio::join!(a(), b.c()); tokio::try_join!(biased; x, y)?"),
        "{ tokio::join!((a <- ), (b .c)); tokio::try_join!(x, y)? }"
    );
    assert_eq!(body("tokio::pin! { let s = stream(); } pin!(f); s.next()"), "{ let s = (stream <- ); pin!(f); (s .next) }");
    assert_eq!(
        body("try_stream! { let x = f().await?; yield x.y(); }"),
        "{ try_stream!(Async { is_move: false } { let x = (f <- ).await?; (x .y); }) }"
    );
    assert_eq!(body("assert_matches!(r, Ok(_), \"bad {r:?}\")"), "{ assert_matches!((let Ok(_) = r), ^r | \"bad \" {1:?}) }");
    assert_eq!(body("cfg_if! { if #[cfg(test)] { a() } else if #[cfg(unix)] { b() } else { c(); } }"), "{ { (b <- ) }; { (c <- ); }; }");
}

#[test]
fn lists_and_unknown_macros() {
    assert_eq!(body("vec![]; vec![1, a.b()]; vec![0; n]"), "{ vec!(); vec!(1, (a .b)); vec!([0; n]) }");
    assert_eq!(
        body("sqlx::query_as!(User, \"select 1\", id, x as _).fetch_one(&pool).await?"),
        "{ (sqlx::query_as!(User, \"select 1\", id, (x as _)) .fetch_one &pool).await? }"
    );
    assert_eq!(body("sqlx::query_as!(Row<'_, T>, \"q\", a)"), "{ sqlx::query_as!(Row, \"q\", a) }");
    assert_eq!(body("hashmap!{ \"a\" => f(1), b => 2 }; mac!{ x: 1, y: g() }"), "{ hashmap!(a=(f <- 1), b=2); mac!(x=1, y=(g <- )) }");
    assert_eq!(body("mac! { let a = b(); c(a)?; }"), "{ mac!({ let a = (b <- ); (c <- a)?; }) }");
    assert_eq!(body("html! { <div class=\"x\">{ self.view() }</div> <p/> }"), "{ html!(~(self .view)) }");
    assert_eq!(body("quote! { let #x = foo.unwrap(); }"), "{ quote!(~) }");
    assert_eq!(
        body("concat!(\"a\", 1); include_str!(\"q.sql\"); env!(\"X\", \"no\"); option_env!(\"Y\")"),
        "{ concat!(\"a\", 1); include_str!(\"q.sql\"); env!(\"X\", \"no\"); option_env!(\"Y\") }"
    );
}

#[test]
fn items_inside_bodies() {
    let facts = clean(
        "fn f() { lazy_static! { static ref X: u8 = g(); } thread_local! { static Y: u8 = 1 } struct S; impl S { fn m(&self) {} } X }",
    );
    assert_eq!(
        facts.consts.iter().map(|c| (c.name.as_str(), c.within)).collect::<Vec<_>>(),
        [("X", Some(FnIdx(0))), ("Y", Some(FnIdx(0)))]
    );
    assert_eq!(facts.impls[0].within, Some(FnIdx(0)));
    assert_eq!(super::show(&facts.functions[0].body), "{ X }");
}
