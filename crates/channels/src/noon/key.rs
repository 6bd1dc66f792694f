//! The key file of a service account, and the token that is signed with it (RS256).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::json;
use stockbridge_domain::channel::SecretText;
use stockbridge_domain::clock::Env;

#[derive(Deserialize)]
struct File {
    key_id: String,
    private_key: String,
    project_code: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// A key file that was found sound.
pub(super) struct KeyFile {
    key_id: SecretText,
    pem: SecretText,
    pair: RsaKeyPair,
    project_code: String,
}

impl KeyFile {
    /// Reads the JSON a person pasted.
    ///
    /// # Errors
    /// What is wrong with it, without a word of it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|e| {
            let (line, column) = (e.line(), e.column());
            match e.is_data() {
                true => "the file lacks one of key_id, private_key and project_code; paste the whole file".to_owned(),
                false => format!("this is not the JSON file of a service account (line {line}, column {column}); paste it whole"),
            }
        })?;
        if file.kind.as_deref().is_some_and(|kind| kind != "apijwt") {
            return Err(
                "the file is of another type than apijwt; make a key for API access in the partner portal"
                    .to_owned(),
            );
        }
        let fits =
            |text: &str| !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic());
        if !fits(&file.key_id) || !fits(&file.project_code) {
            return Err(
                "key_id or project_code is empty or cannot be sent; paste the file as it was downloaded"
                    .to_owned(),
            );
        }
        let private_key = SecretText::new(file.private_key);
        Ok(Self {
            pair: pair(private_key.expose())?,
            key_id: SecretText::new(file.key_id),
            pem: private_key,
            project_code: file.project_code,
        })
    }

    /// Which of the account's keys it is.
    pub(super) fn key_id(&self) -> &str {
        self.key_id.expose()
    }

    /// The key as it came, to tell one from another.
    pub(super) fn private_key(&self) -> &str {
        self.pem.expose()
    }

    /// The seller's project, which identifies the account.
    pub(super) fn project_code(&self) -> &str {
        &self.project_code
    }

    /// The token to sign in with: `{alg: RS256}` over key id, time and a random id, all of them in [`env`](Env). `None`
    /// only if the key cannot sign, which was tried when it was read.
    pub(super) fn token(&self, env: &Env) -> Option<String> {
        let random: String = env
            .bytes::<16>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let (a, rest) = random.split_at(8);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        let header = json!({"alg": "RS256", "typ": "JWT"});
        let claims = json!({
            "sub": self.key_id(),
            "iat": env.now().micros().div_euclid(1_000_000),
            "jti": format!("{a}-{b}-{c}-{d}-{e}"),
        });
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        // The padding of PKCS #1 v1.5 is fixed; randomness only hides the arithmetic from listeners, and shows nowhere.
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Reads an RSA key in PEM, as PKCS #8 or PKCS #1 have it.
fn pair(pem: &str) -> Result<RsaKeyPair, String> {
    let unreadable =
        || "private_key is not an RSA key in PEM; paste the file as it was downloaded".to_owned();
    let (label, rest) = pem
        .split_once("-----BEGIN ")
        .and_then(|(_, rest)| rest.split_once("-----"))
        .ok_or_else(unreadable)?;
    let (body, _) = rest.split_once("-----END ").ok_or_else(unreadable)?;
    let body: String = body.split_whitespace().collect();
    let der = SecretText::new(body);
    let der = STANDARD.decode(der.expose()).map_err(|_| unreadable())?;
    let der = zeroize::Zeroizing::new(der);
    let read = match label {
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
        "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
        _ => return Err(unreadable()),
    };
    read.map_err(|e| {
        format!("private_key is an RSA key that cannot be used ({e}); make a new key in the partner portal")
    })
}
