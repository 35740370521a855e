//! Does an identifier name a secret, and of what kind? Read word by word, since `token` and `token_count` differ.

use std::sync::OnceLock;

use crate::facts::Name;
use crate::facts::hash::QuickSet;

/// What a name says its value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Password,
    /// shared secrets and signing keys: `jwt_secret`, `hmac_key`
    Secret,
    /// `api_key`, `access_key`: credentials that are issued, so that a made-up value is unlikely to be one
    Key,
    Token,
}

/// The words of an identifier, lower case: split at marks, at capitals, and after digits.
#[must_use]
pub fn words(name: &str) -> Vec<Name> {
    let mut words: Vec<Name> = Vec::new();
    let mut word = String::new();
    let finish = |word: &mut String, words: &mut Vec<Name>| {
        if !word.is_empty() {
            words.push(Name::new(word.as_str()));
            word.clear();
        }
    };
    let bytes = name.as_bytes();
    for (at, byte) in bytes.iter().copied().enumerate() {
        if !byte.is_ascii_alphanumeric() {
            finish(&mut word, &mut words);
            continue;
        }
        if byte.is_ascii_uppercase() && !word.is_empty() {
            let before = bytes[at - 1];
            let after_lower = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            if before.is_ascii_lowercase() || before.is_ascii_digit() || (before.is_ascii_uppercase() && after_lower) {
                finish(&mut word, &mut words);
            }
        }
        word.push(char::from(byte.to_ascii_lowercase()));
    }
    finish(&mut word, &mut words);
    words
}

/// Words with blanks between them in the source, asked for one by one.
#[derive(Debug)]
pub struct WordList {
    text: &'static str,
    set: OnceLock<QuickSet<&'static str>>,
}

impl WordList {
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { text, set: OnceLock::new() }
    }

    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.set.get_or_init(|| self.text.split_ascii_whitespace().collect()).contains(word)
    }
}

/// Words after which (or before which) it is about a secret, and not the secret itself.
static ABOUT: WordList = WordList::new(
    "name names id ids header headers field fields column col path paths url uri endpoint file files filename dir prefix suffix \
    length len size count counts max min limit limits type types kind ttl expiry expires expire expiration expired lifetime \
    timeout seconds secs minutes hours days duration age interval label hint placeholder message msg error err errors regex \
    pattern policy format hash hashed hasher digest checksum salt index idx route env var cookie param params query algorithm alg \
    algo version public pub issuer iss audience aud scope scopes table title desc description template event action role \
    permission reset changed mismatch missing required invalid incorrect enabled enable disabled disable allow allowed validator \
    validation verifier verify parser provider store storage manager service extractor bucket pool ref source arn model page next \
    continuation cursor num pad eos bos stop sep unk mask cls tokenizer primary foreign sort partition row idempotency publishable \
    site lock from help usage flag arg option strategy mode method style color tag example entropy iterations rounds cost memory \
    total used budget schema kid fingerprint thumbprint attribute attributes claim claims charset alphabet characters chars regexp \
    separator delimiter class selector input form button icon text view screen link topic queue channel subject binding entity \
    resource getter operation op status state ok forgot change create delete revoke list new_hash bearer_format ssl rules rule \
    strength char ext extension mime namespace ns domain host hostname port address addr email mail user username login pubkey \
    certificate cert ca crt csr vault map set repo repository image cache redis metric metrics counter gauge grant response \
    request test tests generator encoding decoder encoder location offset position pos bits bytes rotation server group rpc grpc",
);

/// Words after which nothing is a secret any more: `public_key`, `missing_token`.
static NOT_AFTER: WordList = WordList::new(
    "public pub publishable no without has is invalid missing forgot reset change hash hashed encrypted max min num page next \
    continuation csrf xsrf count from cancel cancellation cancelled sync pagination tokenizer stop eos bos pad expired wrong \
    incorrect bad idempotency regex weak existing external ref pull",
);

/// Words that may stand behind the deciding word without changing what it is.
static TRAILING: WordList = WordList::new(
    "value val str string b64 base64 hex raw bytes default dev prod production staging local fallback old new current previous v1 \
    v2 1 2 0 plain plaintext text live data literal const root main admin test hardcoded demo env user",
);

/// A quick refusal of most names: every name of a program is asked about, and few hold any of the words.
fn may_be(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.iter().enumerate().any(|(at, first)| {
        let parts: &[&[u8]] = match first | 0x20 {
            b'p' => &[b"pass", b"pw", b"pepper", b"pat"],
            b's' => &[b"secret"],
            b'k' => &[b"key"],
            b't' => &[b"token"],
            b'c' => &[b"cred"],
            b'a' => &[b"auth"],
            b'b' => &[b"bearer"],
            _ => return false,
        };
        parts.iter().any(|part| bytes.get(at..at + part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part)))
    })
}

/// What kind of secret `name` holds, if any.
#[must_use]
pub fn kind(name: &str) -> Option<Kind> {
    if name.len() < 3 || name.len() > 80 {
        return None;
    }
    if !may_be(name) {
        return None;
    }
    let mut words = words(name);
    if words.is_empty() || words.len() > 9 {
        return None;
    }
    while words.len() > 1 && words.last().is_some_and(|last| TRAILING.has(last) || last.bytes().all(|byte| byte.is_ascii_digit())) {
        // `api_key_env` is the name of a variable; `env` may only stand in front
        if words.last().is_some_and(|last| last == "env" || last == "user") {
            return None;
        }
        words.pop();
    }
    let (last, before) = words.split_last()?;
    if before.iter().any(|word| NOT_AFTER.has(word)) {
        return None;
    }
    let previous = before.last().map(Name::as_str);
    match last.as_str() {
        "password" | "passwd" | "passphrase" | "pwd" | "passcode" | "pgpassword" | "dbpassword" | "userpass" | "dbpass" | "passwort"
        | "mysqlpassword" | "adminpassword" | "rootpassword" | "dbpasswd" => Some(Kind::Password),
        "pass" => matches!(
            previous,
            Some(
                "db" | "database"
                    | "user"
                    | "admin"
                    | "root"
                    | "smtp"
                    | "mail"
                    | "email"
                    | "redis"
                    | "mysql"
                    | "postgres"
                    | "pg"
                    | "mongo"
                    | "ftp"
                    | "auth"
                    | "proxy"
                    | "rabbitmq"
                    | "amqp"
                    | "ldap"
                    | "master"
                    | "login"
                    | "basic"
                    | "http"
                    | "rpc"
                    | "default"
                    | "service"
                    | "account"
                    | "imap"
            )
        )
        .then_some(Kind::Password),
        "pw" => matches!(previous, Some("db" | "admin" | "root" | "user" | "smtp" | "redis" | "master")).then_some(Kind::Password),
        "pepper" => Some(Kind::Secret),
        "secret" | "clientsecret" | "appsecret" | "secretkey" | "sharedsecret" | "jwtsecret" | "authsecret" | "secrets" => {
            Some(Kind::Secret)
        }
        "credential" | "credentials" | "creds" => Some(Kind::Token),
        "key" | "keys" => match previous? {
            "secret" | "signing" | "sign" | "signature" | "hmac" | "jwt" | "encryption" | "encrypt" | "cipher" | "crypto" | "aes"
            | "master" | "private" | "priv" | "session" | "cookie" | "symmetric" | "wrapping" | "kek" | "dek" | "jws" | "paseto"
            | "pepper" | "decryption" | "webhook" | "verification" => Some(Kind::Secret),
            "api" | "access" | "auth" | "service" | "app" | "application" | "account" | "admin" | "license" | "integration" | "write"
            | "ingest" | "ingestion" | "deploy" | "authentication" | "authorization" | "client" | "subscription" | "storage" => {
                Some(Kind::Key)
            }
            // where an object lies in its bucket
            "s3" => None,
            other => vendor(other).then_some(Kind::Key),
        },
        "apikey" | "accesskey" | "authkey" | "apisecret" | "servicekey" | "licensekey" | "masterkey" | "appkey" => Some(Kind::Key),
        "privatekey" | "signingkey" | "encryptionkey" | "sessionkey" | "cookiekey" | "hmackey" => Some(Kind::Secret),
        "token" | "tokens" | "authtoken" | "accesstoken" | "apitoken" | "bearertoken" | "bottoken" | "pat" => {
            let plural_or_alone = last == "tokens" && before.is_empty();
            let about = previous.is_some_and(|word| {
                matches!(
                    word,
                    "prompt"
                        | "completion"
                        | "input"
                        | "output"
                        | "total"
                        | "used"
                        | "special"
                        | "mask"
                        | "unk"
                        | "sep"
                        | "cls"
                        | "vocab"
                        | "type"
                        | "token"
                        | "end"
                        | "start"
                        | "begin"
                        | "first"
                        | "last"
                        | "lexer"
                        | "parse"
                        | "parser"
                        | "rate"
                        | "erc20"
                        | "native"
                        | "resume"
                        | "change"
                        | "sort"
                        | "search"
                        | "design"
                )
            });
            // a personal access token is somebody's; other ones are patterns
            let whose = |word: &str| {
                vendor(word)
                    || matches!(
                        word,
                        "access" | "personal" | "user" | "admin" | "api" | "bot" | "deploy" | "ci" | "git" | "registry" | "devops"
                    )
            };
            let pattern = last == "pat" && !previous.is_some_and(whose);
            (!plural_or_alone && !about && !pattern).then_some(Kind::Token)
        }
        "bearer" | "authorization" => before.iter().all(|word| word != "type" && word != "scheme").then_some(Kind::Token),
        "auth" => matches!(previous, Some("basic" | "http" | "proxy" | "registry" | "npm")).then_some(Kind::Token),
        "dsn" => None,
        fused => {
            if ABOUT.has(fused) || before.is_empty() && fused.len() > 24 {
                return None;
            }
            let ends = |tail: &str| fused.len() > tail.len() && fused.ends_with(tail);
            if ends("password") || ends("passwd") {
                Some(Kind::Password)
            } else if ends("secret") || ends("secretkey") || ends("signingkey") {
                Some(Kind::Secret)
            } else if ends("apikey") || ends("accesskey") {
                Some(Kind::Key)
            } else if ends("authtoken") || ends("accesstoken") || ends("apitoken") {
                Some(Kind::Token)
            } else {
                None
            }
        }
    }
}

/// Whether `pwd` in a name is as likely a working directory, or a token a code for one use: names that say too little where
/// there is no value to look at.
#[must_use]
pub fn is_ambiguous(name: &str) -> bool {
    let words = words(name);
    let has = |list: &str| list.split(' ').any(|each| words.iter().any(|word| word == each));
    let pwd = has("pwd")
        && !has(
            "db database user admin root smtp mail redis mysql postgres pg mongo login account ldap ftp service old new current confirm",
        );
    pwd || has("totp otp mfa 2fa") && words.last().is_some_and(|last| matches!(last.as_str(), "token" | "tokens"))
}

/// Services whose `..._KEY` is a credential.
fn vendor(word: &str) -> bool {
    static VENDORS: WordList = WordList::new(
        "stripe openai anthropic sendgrid mailgun mailchimp postmark resend twilio algolia datadog dd newrelic sentry honeycomb \
    pagerduty aws azure gcp google cloudflare supabase github gitlab linear notion airtable figma mapbox okta auth0 plaid adyen \
    paypal square shopify toss kakao naver groq cohere mistral gemini perplexity replicate pinecone meili meilisearch elastic \
    opensearch s3 minio telegram discord slack vapid fcm firebase apns recaptcha hcaptcha turnstile maxmind heroku fly vercel \
    netlify",
    );
    VENDORS.has(word)
}

/// Whether `value` only repeats `name`, or says what it is: `TOKEN = "token"`, `API_KEY = "x-api-key"`, `SESSION_KEY = "session"`.
#[must_use]
pub fn repeats(name: &str, value: &str) -> bool {
    static FILLERS: WordList = WordList::new(
        "x the my app user auth authorization bearer basic key token secret password passwd pwd api id access session cookie header \
    name refresh private public client jwt login csrf current new old confirm reset oauth db database passphrase",
    );
    // `("smtp.password", "APP_smtp_PASSWORD")`: the name of a variable
    let is_variable = value.contains('_') && value.bytes().any(|byte| byte.is_ascii_uppercase());
    let name = words(name);
    let mut value = words(value);
    // `"app-hmac-key-v2"`: which version of the name
    let is_version = |word: &Name| word.strip_prefix('v').is_some_and(|rest| rest.parse::<u8>().is_ok());
    if value.len() > 1 && value.last().is_some_and(is_version) {
        value.pop();
    }
    let squeeze = |words: &[Name]| words.concat();
    let (short, long) = (squeeze(&name), squeeze(&value));
    if long == short || (name.len() > 1 && is_variable && long.ends_with(&short)) {
        return true;
    }
    !value.is_empty() && value.iter().all(|word| name.contains(word) || FILLERS.has(word)) && (value.len() > 1 || name.contains(&value[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits() {
        assert_eq!(words("HTTPServerKey2"), ["http", "server", "key2"]);
        assert_eq!(words("db_password"), ["db", "password"]);
        assert_eq!(words("clientSecret"), ["client", "secret"]);
    }

    #[test]
    fn kinds() {
        for name in [
            "JWT_SECRET",
            "db_password",
            "apiKey",
            "STRIPE_SECRET_KEY",
            "auth_token",
            "client-secret",
            "PGPASSWORD",
            "smtp_pass",
            "signing_key",
            "POSTGRES_PASSWORD",
            "githubToken",
            "OPENAI_API_KEY",
            "hmac_secret",
            "session_key",
            "HMAC_KEY",
            "access_token",
            "TOKEN",
            "passphrase",
            "DEFAULT_ADMIN_PASSWORD",
            "projectToken",
            "GITHUB_PAT",
        ] {
            assert!(kind(name).is_some(), "{name}");
        }
        for name in [
            "title_pat",
            "token_count",
            "max_tokens",
            "page_token",
            "next_page_token",
            "password_hash",
            "public_key",
            "API_KEY_HEADER",
            "secret_name",
            "csrf_token",
            "token_type",
            "primary_key",
            "cache_key",
            "s3_key",
            "password_field",
            "TOKEN_PREFIX",
            "key",
            "sort_key",
            "bypass",
            "compass",
            "monkey",
            "reset_password",
            "password_min_length",
            "token_url",
            "author",
            "secret_id",
            "session_id",
            "tokenizer",
        ] {
            assert!(kind(name).is_none(), "{name}");
        }
    }

    #[test]
    fn ambiguous() {
        for name in ["pwd", "real_pwd", "pwd_after", "totp_2fa_token"] {
            assert!(is_ambiguous(name), "{name}");
        }
        for name in ["db_pwd", "userPwd", "password", "access_token", "totp_secret", "new_pwd"] {
            assert!(!is_ambiguous(name), "{name}");
        }
    }

    #[test]
    fn repeating() {
        assert!(repeats("SESSION_TOKEN", "session_token"));
        assert!(repeats("API_KEY", "x-api-key"));
        assert!(repeats("TOKEN", "token"));
        assert!(!repeats("JWT_SECRET", "super-secret-key"));
        assert!(!repeats("PASSWORD", "hunter2"));
    }
}
