// require('crypto'): hashes and HMACs (FIPS 180-4, RFC 1321, RFC 2104). In JavaScript, because the engine does not call
// out of a run whose time is bounded.
(() => {
  const rotate = (word, by) => (word << by) | (word >>> (32 - by));
  const bytesOf = (text) => Array.from(unescape(encodeURIComponent(text)), (letter) => letter.charCodeAt(0));
  const root = (number, power) => Math.floor((number ** power - Math.floor(number ** power)) * 2 ** 32) | 0;
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);

  const padded = (bytes, littleEnd) => {
    const out = bytes.concat(128);
    while (out.length % 64 !== 56) out.push(0);
    const size = [];
    for (let i = 0; i < 8; i += 1) size.push(Math.floor((bytes.length * 8) / 2 ** (8 * i)) & 255);
    return out.concat(littleEnd ? size : size.reverse());
  };
  const words = (bytes, at, littleEnd) => Array.from({ length: 16 }, (_, i) => {
    const four = bytes.slice(at + 4 * i, at + 4 * i + 4);
    return (littleEnd ? four.reverse() : four).reduce((word, byte) => (word << 8) | byte, 0);
  });
  const out = (state, littleEnd) => state.flatMap((word) => {
    const four = [24, 16, 8, 0].map((by) => (word >>> by) & 255);
    return littleEnd ? four.reverse() : four;
  });
  const digest = (start, step, littleEnd = false) => (bytes) => {
    const whole = padded(bytes, littleEnd);
    let state = start;
    for (let at = 0; at < whole.length; at += 64) {
      const next = step(state, words(whole, at, littleEnd));
      state = state.map((word, i) => (word + next[i]) | 0);
    }
    return out(state, littleEnd);
  };

  const STARTS = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0].map((word) => word | 0);
  const sha256 = digest(primes.slice(0, 8).map((p) => root(p, 1 / 2)), (state, w) => {
    for (let i = 16; i < 64; i += 1) {
      const s0 = rotate(w[i - 15], 25) ^ rotate(w[i - 15], 14) ^ (w[i - 15] >>> 3);
      const s1 = rotate(w[i - 2], 15) ^ rotate(w[i - 2], 13) ^ (w[i - 2] >>> 10);
      w.push((w[i - 16] + s0 + w[i - 7] + s1) | 0);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = rotate(e, 26) ^ rotate(e, 21) ^ rotate(e, 7);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + root(primes[i], 1 / 3) + w[i]) | 0;
      const s0 = rotate(a, 30) ^ rotate(a, 19) ^ rotate(a, 10);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    return [a, b, c, d, e, f, g, h];
  });
  const sha1 = digest(STARTS, (state, w) => {
    for (let i = 16; i < 80; i += 1) w.push(rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1));
    let [a, b, c, d, e] = state;
    for (let i = 0; i < 80; i += 1) {
      const round = Math.floor(i / 20);
      const f = [(b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d][round];
      const k = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][round];
      [e, d, c, b, a] = [d, c, rotate(b, 30), a, (rotate(a, 5) + f + e + k + w[i]) | 0];
    }
    return [a, b, c, d, e];
  });
  const TURNS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
  const md5 = digest(STARTS.slice(0, 4), (state, w) => {
    let [a, b, c, d] = state;
    for (let i = 0; i < 64; i += 1) {
      const round = i >> 4;
      const f = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
      const at = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] % 16;
      const sum = (a + f + Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) + w[at]) | 0;
      [a, d, c, b] = [d, c, b, (b + rotate(sum, TURNS[round][i % 4])) | 0];
    }
    return [a, b, c, d];
  }, true);

  const HASHES = { md5, sha1, sha256 };
  const hashOf = (name) => {
    if (!(name in HASHES)) throw new Error(`unsupported hash ${name}`);
    return HASHES[name];
  };
  const told = (bytes, encoding) => {
    if (encoding === 'hex') return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const binary = String.fromCharCode(...bytes);
    if (encoding === 'base64') return btoa(binary);
    if (encoding === 'base64url') return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
    return binary;
  };
  const gathering = (finish, bytes = []) => ({
    update: (data) => gathering(finish, bytes.concat(bytesOf(String(data)))),
    digest: (encoding) => told(finish(bytes), encoding),
  });
  globalThis.__modules.crypto = {
    createHash: (name) => gathering(hashOf(name)),
    createHmac: (name, key) => {
      const hash = hashOf(name);
      let block = bytesOf(String(key));
      if (block.length > 64) block = hash(block);
      while (block.length < 64) block.push(0);
      const inner = block.map((byte) => byte ^ 0x36);
      const outer = block.map((byte) => byte ^ 0x5c);
      return gathering((bytes) => hash(outer.concat(hash(inner.concat(bytes)))));
    },
  };
})();
