// Signed tree heads in the text forms of C2SP: tlog-checkpoint (origin, size, root) inside signed-note
// (Ed25519).
//
//   <origin>\n<size in decimal>\n<root in base64>\n[after <size of the checkpoint before it>\n]
//   \n
//   — <key name> <base64(key id of 4 bytes ‖ signature of 64)>\n
//
// The key's name is the origin, which is the store's id. A verifier key is written `<name>+<key id in
// hex>+<base64(0x01 ‖ public key)>`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "journal/merkle.h"
#include "journal/store.h"

namespace slipway::journal {

// A public Ed25519 key with its name.
struct VerifierKey {
  std::string name;
  std::string id;          // 4 bytes: the head of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)
  std::string public_key;  // 32 bytes
  std::string Text() const;
};
base::Result<VerifierKey> ParseVerifierKey(std::string_view text);  // surrounding blanks are dropped

// The secret half: a seed of 32 bytes.
struct SigningKey {
  VerifierKey verifier;
  base::Secret seed;
};
base::Result<SigningKey> MakeSigningKey(std::string_view name, base::Random& random);
base::Result<SigningKey> SigningKeyFromSeed(std::string_view name, std::string_view seed);

base::Result<Checkpoint> SignCheckpoint(const SigningKey& key, std::int64_t size, const Hash& root,
                                        std::int64_t after = 0);

// A note of another kind than a checkpoint, of which nobody can take it for one: `<key
// name>/<kind>\n<text>\n`, signed. `kind` is a plain word; kInvalid otherwise.
base::Result<std::string> SignStatement(const SigningKey& key, std::string_view kind, std::string_view text);
// The text of such a note.
base::Result<std::string> VerifyStatement(std::string_view note, std::string_view kind,
                                          const VerifierKey& key);

// A hash as notes and bundles write it: 32 bytes in base64.
base::Result<Hash> ParseHash(std::string_view text);

// Reads the note and checks nothing but its form.
struct ParsedCheckpoint {
  std::string origin;
  Checkpoint checkpoint;
};
base::Result<ParsedCheckpoint> ParseCheckpoint(std::string_view note);

// The text of a signed note, kRefused unless a signature line of this key verifies.
base::Result<std::string> VerifyNote(std::string_view note, const VerifierKey& key);

// kRefused unless the note's origin is the key's name and a signature line of this key verifies.
base::Result<Checkpoint> VerifyCheckpoint(std::string_view note, const VerifierKey& key);

// A file of notes, one after another (blank lines between them allowed).
base::Result<std::vector<std::string>> SplitNotes(std::string_view text);

}  // namespace slipway::journal
