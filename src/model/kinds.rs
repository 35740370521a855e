//! The closed lists of words that models use, with their meaning. A word that is not here is an error in the model.

/// What a type is for the analysis.
pub const TYPE_KINDS: &[(&str, &str)] = &[
    ("address", "the address of a machine: IP, socket, network"),
    ("body", "the body of a request or a response, also as a stream of its parts"),
    ("cache", "an in-process cache: asking it is no round trip"),
    ("cell", "shares or changes its content from within (`RefCell`, `OnceCell`, `ArcSwap`)"),
    ("certificate-verifier", "a trait that says whether a TLS peer's certificate is to be trusted"),
    ("channel-receiver", "takes from a queue inside the process"),
    ("channel-sender", "puts into a queue inside the process"),
    ("cipher-ecb", "a mode of a cipher in which equal blocks stay equal"),
    ("cipher-weak", "a cipher that is broken, or whose blocks are too small"),
    ("collection", "holds many values and can be iterated"),
    ("command", "a process that is to be started"),
    ("connection-info", "the peer's address and what proxies say of it"),
    ("cookie", "one cookie, or its builder"),
    ("cookie-jar", "the cookies of a request and its response"),
    ("crypto-key", "key material for a cipher, a signature or a MAC"),
    ("cursor", "results of a database query that arrive while they are read"),
    ("db-connection", "one connection to a database, or what stands for one"),
    ("db-pool", "a pool of connections; handing it to a query takes one for the time of the query"),
    ("db-query", "a query that is being built and was not sent"),
    ("db-row", "a row as it came from the database"),
    ("db-transaction", "an open transaction"),
    ("error", "an error value"),
    ("extractor-trait", "a trait by which types are made from a request"),
    ("file", "an open file"),
    ("file-upload", "a file that a client sends"),
    ("future", "work that runs when it is awaited"),
    ("hasher", "digest, checksum, MAC"),
    ("hasher-weak", "a digest of which two inputs with one value are found (MD5, SHA-1)"),
    ("header-map", "headers of a request or a response"),
    ("html", "text that is sent as HTML, not escaped"),
    ("html-safe", "HTML that was escaped while it was made"),
    ("http-client", "sends HTTP requests; keeps connections"),
    ("http-request", "a request to another server that is being built"),
    ("iterator", "yields elements one after another"),
    ("json", "a JSON value or a body sent as JSON"),
    ("jwt-header", "the part of a token that says how it is signed"),
    ("jwt-validation", "how a token is to be checked"),
    ("layer", "middleware"),
    ("lock", "mutual exclusion inside the process"),
    ("lock-guard", "holds a lock until it is dropped"),
    ("map", "finds values by key inside the process"),
    ("method-router", "handlers of one path by method"),
    ("migration", "a trait whose impls change the schema and the rows in it, once"),
    ("number", "a number, a version, an identifier made of letters and digits alone: its text has nothing that any language minds"),
    ("option", "a value or nothing"),
    ("path", "a path in a file system"),
    ("pointer", "owns or shares one value"),
    ("queue-client", "sends to or receives from a message broker"),
    ("redirect", "a response that sends the client elsewhere"),
    ("regex", "a compiled pattern"),
    ("remote-client", "talks to another service that is neither a database nor plain HTTP (object store, mail, gRPC)"),
    ("remote-response", "what another server answered"),
    ("request", "the request that is being served"),
    ("response", "the response that is being made"),
    ("result", "a value or an error"),
    ("rng", "a source of random numbers that is fit for secrets"),
    ("rng-weak", "a source of random numbers that can be predicted"),
    ("router", "which handler serves which request"),
    ("runtime", "an executor of futures"),
    ("secret", "a value that its type keeps out of Debug and Display"),
    ("server", "listens and serves"),
    ("session", "server-side state of a client"),
    ("smart-text", "text that a library treats as such (`SmolStr`, `Bytes`)"),
    ("stream", "yields elements asynchronously"),
    ("task", "a handle of a spawned task"),
    ("task-set", "runs many futures at the same time (`FuturesUnordered`, `JoinSet`)"),
    ("template", "text with holes that a template engine fills"),
    ("text", "owned or borrowed text"),
    ("time", "a moment or a duration"),
    ("tls", "configuration of TLS"),
    ("url", "a URL or its builder"),
    ("uuid", "a UUID"),
    ("websocket", "an open WebSocket, or another connection that carries messages both ways"),
];

/// By which type an extractor's value is looked up.
pub const ASKS: &[&str] = &["payload", "whole"];

/// What an extractor takes from the request.
pub const EXTRACTOR_KINDS: &[&str] = &[
    "auth",
    "body",
    "cookie",
    "form",
    "header",
    "json",
    "method",
    "multipart",
    "param",
    "path",
    "peer",
    "query",
    "request",
    "session",
    "state",
    "uri",
    "validated",
    "websocket",
];

/// What an attribute makes of a function.
pub const ATTRIBUTE_KINDS: &[&str] = &["catcher", "command-line", "documented", "handler", "job", "launch", "main", "memoise", "test"];

/// What a derive makes of a type for the database.
pub const DERIVE_KINDS: &[(&str, &str)] = &[
    ("row", "made from the columns of a row, by their names"),
    ("entity", "a table: made from all of its columns"),
    ("enum", "one of the values of a column"),
];

/// How queries are written with a library.
pub const STACKS: &[(&str, &str)] = &[
    ("bound-sql", "SQL text with bound values, many rows by arrays or a builder"),
    ("commands", "commands of a key-value store, many at once in a pipeline"),
    ("documents", "filters and documents"),
    ("entities", "entities with find, insert and their `_many` forms"),
    ("query-dsl", "the query language as typed calls on tables and columns"),
];

/// Round trips and what comes near them.
pub const DB: &[&str] = &[
    "read", "write", "auto", "begin", "commit", "rollback", "acquire", "connect", "batch", "pipeline", "build", "next", "listen", "migrate",
];

pub const CLAUSES: &[&str] = &[
    "bind",
    "conflict-filter",
    "delete",
    "distinct",
    "fields",
    "filter",
    "from",
    "group",
    "having",
    "insert",
    "join",
    "limit",
    "lock",
    "offset",
    "on-conflict",
    "order",
    "push",
    "returning",
    "select",
    "set",
    "union",
    "update",
    "values",
    "with",
];

pub const FETCHES: &[&str] = &["one", "optional", "all", "stream", "count", "none"];

pub const RUNS: &[&str] = &["once", "each", "later", "spawn"];

pub const BLOCKING: &[&str] = &["fs", "sleep", "dns", "process", "cpu", "net", "lock", "block-on"];

pub const PANICS: &[&str] = &["unwrap", "range", "parse", "overflow", "zero", "poison", "capacity", "state", "always"];

pub const LIMITS: &[&str] = &["timeout", "body", "size", "rate", "concurrency", "connections"];

/// Where input comes from.
pub const INPUTS: &[&str] =
    &["request", "request-path", "request-header", "file-name", "env", "args", "file", "stdin", "database", "remote"];

/// What must not be made of input.
pub const SINKS: &[&str] = &[
    "sql",
    "command",
    "shell",
    "path",
    "url",
    "html",
    "redirect",
    "header",
    "raw-header",
    // a text that is cut at a byte: cleared where all letters are ASCII
    "boundary",
    "log",
    "regex",
    "template",
    "nosql",
    "allocation",
    "deserialize",
    "recursion",
    "store",
    "decompress",
];

pub const SECRETS: &[&str] = &["key", "password", "token", "iv", "nonce", "salt", "hash"];

pub const RESPONDS: &[&str] = &["body", "cookie", "header", "status"];

pub const ROUTE_PARTS: &[&str] = &[
    "router",
    "route",
    "method",
    "nest",
    "merge",
    "layer",
    "route-layer",
    "wrap",
    "service",
    "scope",
    "configure",
    "resource",
    "to",
    "mount",
    "fallback",
    "state",
    "guard",
    "app",
    "routes",
    "mounts",
    "catcher",
    "serve",
    "chain",
    "around",
    "beside",
    "and",
    "or",
    "map",
    "then",
];
