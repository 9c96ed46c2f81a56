// How the ledger stands in Redis, and the scripts that change it: what Book does, step by step, each in one atomic
// call. All names begin with the prefix; <id> is the campaign's, of any bytes, and always comes last.
//
//   ledger             "1", the layout's version: there is a ledger. Every script looks here first
//   accounts           set: of all campaigns that have an account
//   positions          hash: journal -> how far it was confirmed
//   account <id>       hash: spent, open, leased, used, offered, chance; "spent <day>", "open <day>", "leased <day>";
//                      day (the latest); total, daily (the catalog's), hand total, hand daily; due (Unix ms: no lease
//                      ends before it), oldest (no open bucket is before it), pruned (the cell in which old fields
//                      were last looked for)
//   leases <id>        hash: holder -> "<number> <day> <used> <granted> <offered> <expires, Unix ms>"
//   open <id>          hash: "<bucket> <day>" -> amount
//   spent <id>         hash: cell -> amount
//   offered <id>       hash: cell -> amount
//   billed <bucket>    set: of the bids of that bucket that were billed; expires
//   released <bucket>  set: of those that were released; expires. Small sets, so that Redis frees each at once
//   making             whoever makes the ledger at present; expires
//   claim <what>       whoever does that for all instances; expires. With `making` all that is there without a ledger
//
// A statement costs the same whatever the number of holders is: sums stand in the account, and leases are gone through
// only when the earliest may have ended, as are buckets.
//
// In bytes (MEMORY USAGE, Redis 7.0): an account's hash 300, its leases of 230 holders 20,600, its open buckets 250,
// its cells 15 for each; a bid that was billed 60 for `repeats`, one that was released 60 for `reserve`.
//
// Amounts are exact to 2^63: sums are texts, and where Lua's doubles would not hold them they are added in two halves.
// Doubles decide how much of the room is granted: of more than 2^53 nanos that may be some nanos other than Book's,
// never more than there is.
//
// Scripts build their keys from KEYS[1], so a cluster would not do. They take Redis' TIME where ARGV[1] is empty; tests
// give the time in it. Nothing depends on a key's expiry but memory. Redis copies what they did, not the scripts, to
// its replicas and its file (the rule since 5.0), so TIME may be used.
#pragma once

#include <string_view>

#include "bidwell/redis/script.h"

namespace bidwell::budget::scripts {

inline constexpr std::string_view kLedger = "ledger";  // KEYS[1] is the prefix and this
inline constexpr std::string_view kClaim = "claim ";

// What stands behind the prefix of a key that a maker clears, but for `accounts` and `positions`. Another ledger's
// prefix may begin with this one's, so the prefix alone does not tell a key of ours.
bool is_cleared(std::string_view name);

// What errors begin with that are none of Redis' own.
inline constexpr std::string_view kMissing = "LEDGERMISSING";
inline constexpr std::string_view kMoved = "JOURNALMOVED";

// ARGV[1] is the time of all of these (Unix ms, or empty), ARGV[2] `reserve` (s) where it is named; then:

// ARGV: reserve, holder, lease (ms); by statement campaign, total, daily, day, lease, used, offered, wanted, least,
// close, chance; limits are empty where there are none. Answers a text for each: lost, granted, total, daily, spent,
// its day's, open, its day's, leased, its day's, used, offered, chance; "-" for a limit that is not.
const redis::Script& settle();
inline constexpr std::size_t kStatementsMax = 256;

// ARGV: reserve, repeats (s), number of advances; each one's journal, from, to; by resolved bid its id, campaign, day,
// bid_at, reserved, cost (empty: none). Answers JOURNALMOVED, and nothing was done, or OK.
const redis::Script& confirm();

// Answers each one's position. ARGV: journals.
const redis::Script& positions();
// A piece of all. ARGV: cursor, "0" at first. Answers [the next one, [journal, position, ...]], as HSCAN does.
const redis::Script& advances();
// ARGV: journals.
const redis::Script& forget();
// Works without a ledger. ARGV: what was claimed, by whom.
const redis::Script& disclaim();
// Answers the names of accounts.
const redis::Script& names();
// ARGV: reserve, campaigns. Answers for each an array: hand total, hand daily, day, a standing as settle()'s, holders.
const redis::Script& states();
// ARGV: reserve, campaign. Answers [in all, [cell, amount, ...], [day, amount, ...]].
const redis::Script& spent();
// ARGV: reserve, campaign. Answers [cell, amount, ...].
const redis::Script& offered();
// ARGV: campaign, total, daily.
const redis::Script& set_limits();
// ARGV: reserve, campaign, cell, day, expected, difference. Answers 1, or 0 where the cell has changed.
const redis::Script& mend();

// Making a ledger: make_begin() until it answers 0 or 1; make_clear() for `accounts` and `positions`, then for all keys
// that is_cleared() names; make_write(), make_finish(). All but the first fail once another maker took over, as it may
// when this one was silent for 10 s. ARGV: the maker's token. Answers 1: begun; 0: there is a ledger; -1: another maker
// is at it.
const redis::Script& make_begin();
// Of accounts the limits that were set by hand stay. ARGV: token, keys.
const redis::Script& make_clear();
// ARGV: token, number of journals; journal, position, ...; by account: campaign, in all, number of cells, number of
// days; cell, amount, ...; day, amount, ...
const redis::Script& make_write();
// ARGV: token.
const redis::Script& make_finish();

}  // namespace bidwell::budget::scripts
