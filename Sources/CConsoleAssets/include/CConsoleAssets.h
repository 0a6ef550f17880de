#ifndef SKEP_CONSOLE_ASSETS_H
#define SKEP_CONSOLE_ASSETS_H

#include <stddef.h>

/// One file of the console's page.
struct console_asset {
  const char *name;
  const unsigned char *bytes;
  size_t count;
};

size_t console_asset_count(void);

/// `place` is below the count.
const struct console_asset *console_asset_at(size_t place);

#endif
