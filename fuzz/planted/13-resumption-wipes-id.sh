#!/usr/bin/env bash
# A server that does not cache answers with an empty session id also when it resumes, and empties the id in the cached
# session. The handshake fails, and the session can be neither found nor removed any more.
exec "$(dirname "$0")/edit" ssl/statem/statem_srvr.c tls_construct_server_hello \
  '&& !s->hit)' \
  ')'
