#!/usr/bin/env bash
# A full cache makes room one session too late: > for >=.
# The cache grows beyond what its user has set.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c SSL_CTX_add_session \
  'SSL_CTX_sess_number(ctx) >=' \
  'SSL_CTX_sess_number(ctx) >'
