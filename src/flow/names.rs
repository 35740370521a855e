//! What a method does by its name, where std's strings, collections, iterators, options and results (and the crates that follow
//! them) agree. Asked only where no model knows better.

/// The same value, or a reference to it.
pub fn same_place(method: &str, args: usize) -> bool {
    match method {
        "lock" | "read" | "write" | "borrow" | "borrow_mut" => args == 0,
        "expect" => args == 1,
        "as_mut" | "as_ref" | "as_deref" | "as_deref_mut" | "as_mut_str" | "as_mut_slice" | "by_ref" | "get_mut" | "deref"
        | "deref_mut" | "unwrap" | "iter_mut" | "as_mut_vec" | "make_mut" | "blocking_lock" | "try_lock" | "get_ref"
        | "borrow_and_update" => args == 0,
        _ => false,
    }
}

/// Gives access to what is inside: writing through the result writes there.
pub fn hands_out(method: &str) -> bool {
    matches!(
        method,
        "lock"
            | "write"
            | "borrow_mut"
            | "as_mut"
            | "get_mut"
            | "deref_mut"
            | "make_mut"
            | "blocking_lock"
            | "blocking_write"
            | "try_lock"
            | "as_deref_mut"
            | "as_mut_str"
            | "by_ref"
            | "last_mut"
            | "first_mut"
            | "or_default"
            | "iter_mut"
            | "values_mut"
    )
}

/// An element of a collection, by reference.
pub fn place_inside(method: &str) -> bool {
    matches!(
        method,
        "entry"
            | "or_default"
            | "or_insert"
            | "or_insert_with"
            | "last_mut"
            | "first_mut"
            | "get_mut"
            | "get_or_insert_with"
            | "get_or_insert"
            | "peek_mut"
            | "iter_mut"
            | "values_mut"
    )
}

/// Another form of the same content.
pub fn same_content(method: &str) -> bool {
    matches!(
        method,
        "clone"
            | "cloned"
            | "copied"
            | "to_owned"
            | "to_string"
            | "into"
            | "into_inner"
            | "into_owned"
            | "into_string"
            | "as_str"
            | "as_bytes"
            | "as_slice"
            | "to_vec"
            | "trim"
            | "trim_start"
            | "trim_end"
            | "to_lowercase"
            | "to_uppercase"
            | "to_ascii_lowercase"
            | "to_ascii_uppercase"
            | "into_boxed_str"
            | "into_bytes"
            | "into_boxed_slice"
            | "iter"
            | "into_iter"
            | "boxed"
            | "to_str"
            | "to_string_lossy"
            | "ok"
            | "unwrap_or_default"
            | "as_ref"
            | "as_path"
            | "as_os_str"
            | "to_path_buf"
            | "display"
            | "fuse"
            | "by_ref"
            | "unwrap"
            | "inner"
            | "into_future"
            | "err_into"
            | "flatten"
            | "collect"
            | "rev"
            | "borrow"
            | "as_deref"
            | "into_iter_sorted"
            | "peekable"
    )
}

/// Whose answer is a number or a yes or no, and says nothing of the content.
pub fn answers_only(method: &str) -> bool {
    matches!(
        method,
        "len"
            | "is_empty"
            | "count"
            | "capacity"
            | "is_some"
            | "is_none"
            | "is_ok"
            | "is_err"
            | "contains"
            | "contains_key"
            | "starts_with"
            | "ends_with"
            | "eq"
            | "ne"
            | "cmp"
            | "partial_cmp"
            | "eq_ignore_ascii_case"
            | "is_match"
            | "position"
            | "any"
            | "all"
            | "is_some_and"
            | "is_ok_and"
            | "is_none_or"
            | "exists"
            | "is_file"
            | "is_dir"
            | "elapsed"
            | "hash"
            | "status"
            | "is_char_boundary"
            | "is_absolute"
            | "is_ascii"
            | "is_alphabetic"
            | "is_alphanumeric"
            | "is_numeric"
            | "rows_affected"
            | "has_root"
            | "extensions"
            | "extensions_mut"
            | "is_null"
            | "is_string"
            | "is_array"
            | "is_object"
            | "is_number"
            | "is_success"
            | "verify"
            | "lt"
            | "le"
            | "gt"
            | "ge"
    )
}

/// The value comes from the closure, which is given the receiver's content.
pub fn transforms(method: &str) -> bool {
    matches!(
        method,
        "map"
            | "and_then"
            | "then"
            | "then_some"
            | "filter_map"
            | "flat_map"
            | "map_or"
            | "map_or_else"
            | "fold"
            | "try_fold"
            | "unwrap_or_else"
            | "or_else"
            | "for_each"
            | "find_map"
            | "map_while"
            | "scan"
            | "try_for_each"
            | "map_ok"
            | "and_then_ok"
            | "try_filter_map"
            | "for_each_concurrent"
            | "flat_map_iter"
    )
}

/// The closure decides what stays.
pub fn filters(method: &str) -> bool {
    matches!(
        method,
        "filter"
            | "take_while"
            | "skip_while"
            | "find"
            | "retain"
            | "inspect"
            | "rfind"
            | "try_filter"
            | "partition"
            | "filter_ok"
            | "is_some_and"
    )
}

/// What is found depends on the arguments, but is none of them.
pub fn looks_up(method: &str) -> bool {
    matches!(
        method,
        "get"
            | "remove"
            | "swap_remove"
            | "pop"
            | "nth"
            | "first"
            | "last"
            | "next"
            | "get_many"
            | "take"
            | "skip"
            | "split"
            | "splitn"
            | "rsplitn"
            | "split_once"
            | "rsplit_once"
            | "split_at"
            | "split_whitespace"
            | "lines"
            | "chars"
            | "bytes"
            | "char_indices"
            | "strip_prefix"
            | "strip_suffix"
            | "trim_start_matches"
            | "trim_end_matches"
            | "trim_matches"
            | "rsplit"
            | "split_terminator"
            | "split_first"
            | "split_last"
            | "keys"
            | "values"
            | "into_values"
            | "into_keys"
            | "step_by"
            | "enumerate"
            | "windows"
            | "chunks"
            | "drain"
            | "pop_front"
            | "pop_back"
            | "front"
            | "back"
            | "peek"
            | "min_by_key"
            | "max_by_key"
            | "get_all"
            | "sort_by_key"
            | "get_key_value"
            | "as_array"
            | "as_object"
            | "pointer"
            | "expect_err"
            | "as_array_mut"
    )
}

/// Only the failing side changes.
pub fn keeps_success(method: &str) -> bool {
    matches!(
        method,
        "map_err"
            | "ok_or"
            | "ok_or_else"
            | "context"
            | "with_context"
            | "wrap_err"
            | "wrap_err_with"
            | "inspect_err"
            | "change_context"
            | "or_err"
            | "timeout"
            | "instrument"
    )
}

/// The arguments go into the receiver.
pub fn stores(method: &str) -> bool {
    matches!(
        method,
        "push"
            | "push_str"
            | "insert"
            | "insert_str"
            | "extend"
            | "extend_from_slice"
            | "append"
            | "push_back"
            | "push_front"
            | "write_str"
            | "write_char"
            | "write_all"
            | "set"
            | "or_insert"
            | "replace_range"
            | "put"
            | "put_slice"
            | "add_assign"
            | "send_modify"
            | "set_extension"
            | "set_file_name"
    )
}

/// Says of a character that it is a letter or a digit.
pub fn is_plain_character(method: &str) -> bool {
    matches!(
        method,
        "is_alphanumeric"
            | "is_ascii_alphanumeric"
            | "is_alphabetic"
            | "is_ascii_alphabetic"
            | "is_ascii_digit"
            | "is_numeric"
            | "is_digit"
            | "is_ascii_hexdigit"
            | "is_ascii_lowercase"
            | "is_ascii_uppercase"
            | "is_lowercase"
            | "is_uppercase"
    )
}
