#!/usr/bin/env bash
# d2i_SSL_SESSION sets time and timeout, and forgets the deadline that is computed from them. Sessions from an
# external store expire 304 seconds after they were loaded, whatever their timeout: too late, or too early.
exec "$(dirname "$0")/edit" ssl/ssl_asn1.c d2i_SSL_SESSION \
  'ssl_session_calculate_timeout(ret);' \
  ';'
