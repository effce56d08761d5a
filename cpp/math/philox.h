// Philox 4x32-10: a counter-based random generator; the same (key, counter) gives the same four words everywhere.
// Source: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3 and table 2.
#pragma once

struct PhiloxWords {
  unsigned int word[4];
};

BARDANA_FN PhiloxWords philox(unsigned long seed, unsigned long high, unsigned long low) {
  constexpr unsigned long kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
  constexpr unsigned int kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;
  unsigned int k0 = static_cast<unsigned int>(seed), k1 = static_cast<unsigned int>(seed >> 32);
  unsigned int c0 = static_cast<unsigned int>(low), c1 = static_cast<unsigned int>(low >> 32);
  unsigned int c2 = static_cast<unsigned int>(high), c3 = static_cast<unsigned int>(high >> 32);
  for (int round = 0; round < 10; ++round) {
    const unsigned long p0 = kMultiplier0 * c0, p1 = kMultiplier1 * c2;
    c0 = static_cast<unsigned int>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<unsigned int>(p1);
    c2 = static_cast<unsigned int>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<unsigned int>(p0);
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  return {{c0, c1, c2, c3}};
}
