//! The keys of the inner sections of a Tempo configuration: data, nothing else.
//!
//! Made from the Go structs of the tags v1.5.0 to v3.0.3 of `grafana/tempo`, followed from `cmd/tempo/app/config.go` into the packages of Tempo and
//! the vendored `grafana/dskit`; those of the OTLP receiver from `receiver/otlpreceiver` of the Collector. A key that any of these releases has is
//! here: one that is not here, none of them knows. What parses itself (the configuration of memcached's ring and so on) is left out, but for
//! remote write: its keys are those of the vendored `prometheus/prometheus` (`config/config.go`) and `prometheus/common` (`config/http_config.go`).

/// Sections that have the same keys, and the keys. `[]` stands for any item of a list.
pub(super) const NESTED: &[(&str, &str)] = &[
    ("backend_scheduler.provider", "compaction redaction retention"),
    (
        "backend_scheduler.provider.compaction",
        "backoff compaction max_compaction_level max_input_blocks max_jobs_per_tenant measure_interval min_cycle_interval \
         min_input_blocks",
    ),
    (
        "backend_scheduler.provider.compaction.backoff backend_scheduler_client.grpc_client_config.backoff_config \
         backend_worker.backoff ingester_client.grpc_client_config.backoff_config \
         live_store_client.grpc_client_config.backoff_config metrics_generator_client.grpc_client_config.backoff_config \
         querier.frontend_worker.grpc_client_config.backoff_config query_frontend.grpc_client_config.backoff_config \
         usage_report.backoff",
        "max_period max_retries min_period",
    ),
    (
        "backend_scheduler.provider.compaction.compaction backend_worker.compaction",
        "block_retention compacted_block_retention compaction_cycle compaction_window max_block_bytes \
         max_compaction_objects max_time_per_tenant retention_concurrency v2_in_buffer_bytes v2_out_buffer_bytes \
         v2_prefetch_traces_count",
    ),
    (
        "backend_scheduler.provider.redaction",
        "max_rescan_generations poll_interval rescan_delay",
    ),
    ("backend_scheduler.provider.retention", "interval"),
    ("backend_scheduler.work", "dead_job_timeout prune_age"),
    ("backend_scheduler_client", "grpc_client_config"),
    (
        "backend_scheduler_client.grpc_client_config ingester_client.grpc_client_config \
         live_store_client.grpc_client_config metrics_generator_client.grpc_client_config \
         querier.frontend_worker.grpc_client_config",
        "backoff_config backoff_on_ratelimits cluster_validation connect_backoff_base_delay connect_backoff_max_delay \
         connect_timeout grpc_compression initial_connection_window_size initial_stream_window_size max_recv_msg_size \
         max_send_msg_size rate_limit rate_limit_burst tls_ca_path tls_cert_path tls_cipher_suites tls_enabled \
         tls_insecure_skip_verify tls_key_path tls_min_version tls_server_name",
    ),
    (
        "backend_scheduler_client.grpc_client_config.cluster_validation \
         ingester_client.grpc_client_config.cluster_validation live_store_client.grpc_client_config.cluster_validation \
         metrics_generator_client.grpc_client_config.cluster_validation \
         querier.frontend_worker.grpc_client_config.cluster_validation",
        "label",
    ),
    (
        "backend_worker.ring compactor.ring",
        "enable_inet6 heartbeat_period heartbeat_timeout instance_addr instance_id instance_interface_names instance_port \
         kvstore wait_active_instance_timeout wait_stability_max_duration wait_stability_min_duration",
    ),
    (
        "backend_worker.ring.kvstore compactor.ring.kvstore distributor.ring.kvstore ingester.lifecycler.ring.kvstore \
         ingester.partition_ring.kvstore live_store.partition_ring.kvstore live_store.ring.kvstore \
         metrics_generator.ring.kvstore",
        "consul etcd multi prefix store",
    ),
    (
        "backend_worker.ring.kvstore.consul compactor.ring.kvstore.consul distributor.ring.kvstore.consul \
         ingester.lifecycler.ring.kvstore.consul ingester.partition_ring.kvstore.consul \
         live_store.partition_ring.kvstore.consul live_store.ring.kvstore.consul metrics_generator.ring.kvstore.consul",
        "acl_token cas_retry_delay consistent_reads host http_client_timeout watch_burst_size watch_rate_limit",
    ),
    (
        "backend_worker.ring.kvstore.etcd compactor.ring.kvstore.etcd distributor.ring.kvstore.etcd \
         ingester.lifecycler.ring.kvstore.etcd ingester.partition_ring.kvstore.etcd \
         live_store.partition_ring.kvstore.etcd live_store.ring.kvstore.etcd metrics_generator.ring.kvstore.etcd",
        "dial_timeout endpoints max_retries password tls_ca_path tls_cert_path tls_cipher_suites tls_enabled \
         tls_insecure_skip_verify tls_key_path tls_min_version tls_server_name username",
    ),
    (
        "backend_worker.ring.kvstore.multi compactor.ring.kvstore.multi distributor.ring.kvstore.multi \
         ingester.lifecycler.ring.kvstore.multi ingester.partition_ring.kvstore.multi \
         live_store.partition_ring.kvstore.multi live_store.ring.kvstore.multi metrics_generator.ring.kvstore.multi",
        "mirror_enabled mirror_timeout primary secondary",
    ),
    (
        "block_builder.block",
        "bloom_filter_false_positive bloom_filter_shard_size_bytes max_block_bytes parquet_dedicated_columns \
         parquet_row_group_size_bytes search_encoding search_page_size_bytes v2_encoding v2_index_downsample_bytes \
         v2_index_page_size_bytes version",
    ),
    (
        "block_builder.block.parquet_dedicated_columns[] live_store.block_config.parquet_dedicated_columns[] \
         metrics_generator.processor.local_blocks.block.parquet_dedicated_columns[] \
         storage.trace.block.parquet_dedicated_columns[]",
        "name options scope type",
    ),
    (
        "block_builder.wal live_store.wal metrics_generator.traces_query_storage",
        "ingestion_time_range_slack path search_encoding v2_encoding version",
    ),
    ("cache", "background caches"),
    (
        "cache.background storage.trace.background_cache",
        "writeback_buffer writeback_goroutines",
    ),
    ("cache.caches[]", "memcached redis roles"),
    (
        "cache.caches[].memcached storage.trace.memcached",
        "addresses circuit_breaker_consecutive_failures circuit_breaker_interval circuit_breaker_timeout consistent_hash \
         host max_idle_conns max_item_size service timeout tls_ca_path tls_cert_path tls_cipher_suites tls_enabled \
         tls_insecure_skip_verify tls_key_path tls_min_version tls_server_name ttl update_interval",
    ),
    (
        "cache.caches[].redis storage.trace.redis",
        "db endpoint expiration idle_timeout master_name max_connection_age password pool_size sentinel_password \
         sentinel_username timeout tls_enabled tls_insecure_skip_verify ttl username",
    ),
    ("distributor.forwarders[]", "backend filter name otlpgrpc"),
    ("distributor.forwarders[].filter", "traces"),
    ("distributor.forwarders[].filter.traces", "span spanevent"),
    ("distributor.forwarders[].otlpgrpc", "endpoints tls"),
    ("distributor.forwarders[].otlpgrpc.tls", "cert_file insecure"),
    (
        "distributor.kafka_config ingest.kafka",
        "address auto_create_topic_default_partitions auto_create_topic_enabled client_id consumer_group \
         consumer_group_lag_metric_update_interval consumer_group_offset_commit_interval dial_timeout \
         disable_kafka_telemetry last_produced_offset_retry_timeout max_consumer_lag_at_startup \
         producer_max_buffered_bytes producer_max_record_size_bytes sasl_password sasl_username \
         target_consumer_lag_at_startup topic write_timeout",
    ),
    (
        "distributor.log_discarded_spans distributor.log_received_spans",
        "enabled filter_by_status_error include_all_attributes",
    ),
    ("distributor.metric_received_spans", "enabled root_only"),
    ("distributor.receivers.otlp", "protocols"),
    ("distributor.receivers.otlp.protocols", "grpc http"),
    (
        "distributor.receivers.otlp.protocols.grpc",
        "auth dialer enabled endpoint include_metadata keepalive max_concurrent_streams max_recv_msg_size_mib middlewares \
         read_buffer_size tls transport write_buffer_size",
    ),
    (
        "distributor.receivers.otlp.protocols.http",
        "auth compression_algorithms cors cors_allowed_headers cors_allowed_origins dialer enabled endpoint idle_timeout \
         include_metadata keep_alives_enabled keepalive logs_url_path max_request_body_size metrics_url_path middleware \
         middlewares read_header_timeout read_timeout response_headers tls traces_url_path transport write_timeout",
    ),
    (
        "distributor.ring",
        "enable_inet6 heartbeat_period heartbeat_timeout instance_addr instance_id instance_interface_names instance_port \
         kvstore",
    ),
    ("distributor.usage", "cost_attribution"),
    (
        "distributor.usage.cost_attribution",
        "enabled max_cardinality stale_duration",
    ),
    (
        "ingester.lifecycler",
        "address availability_zone enable_inet6 final_sleep heartbeat_period heartbeat_timeout id interface_names \
         join_after min_ready_duration num_tokens observe_period port readiness_check_ring_health ring tokens_file_path \
         unregister_on_shutdown",
    ),
    (
        "ingester.lifecycler.ring",
        "excluded_zones heartbeat_timeout kvstore replication_factor zone_awareness_enabled",
    ),
    (
        "ingester.partition_ring live_store.partition_ring",
        "delete_inactive_partition_after kvstore min_partition_owners_count min_partition_owners_duration",
    ),
    (
        "ingester_client live_store_client metrics_generator_client",
        "grpc_client_config pool_config remote_timeout",
    ),
    (
        "ingester_client.pool_config live_store_client.pool_config metrics_generator_client.pool_config",
        "checkinterval healthcheckenabled healthcheckgraceperiod healthchecktimeout maxconcurrenthealthchecks",
    ),
    (
        "internal_server.cluster_validation server.cluster_validation",
        "additional_labels grpc http label",
    ),
    (
        "internal_server.cluster_validation.grpc server.cluster_validation.grpc",
        "enabled soft_validation",
    ),
    (
        "internal_server.cluster_validation.http server.cluster_validation.http",
        "enabled excluded_paths excluded_user_agents soft_validation",
    ),
    (
        "internal_server.grpc_tls_config internal_server.http_tls_config server.grpc_tls_config server.http_tls_config",
        "cert cert_file client_auth_type client_ca client_ca_file key key_file",
    ),
    (
        "live_store.block_config metrics_generator.processor.local_blocks.block",
        "bloom_filter_false_positive bloom_filter_shard_size_bytes parquet_dedicated_columns parquet_row_group_size_bytes \
         search_encoding search_page_size_bytes v2_encoding v2_index_downsample_bytes v2_index_page_size_bytes version",
    ),
    ("live_store.metrics", "time_overlap_cutoff"),
    (
        "live_store.ring metrics_generator.ring",
        "enable_inet6 heartbeat_period heartbeat_timeout instance_addr instance_id instance_interface_names instance_port \
         instance_zone kvstore",
    ),
    (
        "memberlist",
        "abort_if_cluster_fast_join_fails abort_if_cluster_fast_join_fails_min_nodes abort_if_cluster_join_fails \
         acquire_writer_timeout advertise_addr advertise_port bind_addr bind_port \
         broadcast_timeout_for_local_updates_on_shutdown cluster_label cluster_label_verification_disabled \
         compression_enabled dead_node_reclaim_time gossip_interval gossip_nodes gossip_to_dead_nodes_time join_members \
         leave_timeout left_ingesters_timeout max_concurrent_writes max_join_backoff max_join_retries \
         message_history_buffer_bytes min_join_backoff node_name notify_interval obsolete_entries_timeout \
         packet_dial_timeout packet_write_timeout propagation_delay_tracker pull_push_interval randomize_node_name \
         received_messages_queue_size rejoin_interval rejoin_seed_nodes retransmit_factor stream_timeout tls_ca_path \
         tls_cert_path tls_cipher_suites tls_enabled tls_insecure_skip_verify tls_key_path tls_min_version \
         tls_server_name watch_prefix_buffer_size zone_aware_routing",
    ),
    (
        "memberlist.propagation_delay_tracker",
        "beacon_interval beacon_lifetime enabled log_beacons_latency_longer_than",
    ),
    (
        "memberlist.zone_aware_routing",
        "enabled instance_availability_zone role",
    ),
    ("memory", "automemlimit_enabled automemlimit_ratio"),
    ("metrics_generator.processor.host_info", "host_identifiers metric_name"),
    (
        "metrics_generator.processor.local_blocks.search storage.trace.search",
        "cache_control cachecontrol chunk_size_bytes column_index footer offset_index prefetch_trace_count \
         read_buffer_count read_buffer_size_bytes",
    ),
    (
        "metrics_generator.processor.local_blocks.search.cache_control storage.trace.search.cache_control",
        "column_index footer offset_index",
    ),
    (
        "metrics_generator.processor.service_graphs.filter_policies[] \
         metrics_generator.processor.span_metrics.filter_policies[]",
        "exclude include include_any",
    ),
    (
        "metrics_generator.processor.service_graphs.filter_policies[].exclude \
         metrics_generator.processor.service_graphs.filter_policies[].include \
         metrics_generator.processor.service_graphs.filter_policies[].include_any \
         metrics_generator.processor.span_metrics.filter_policies[].exclude \
         metrics_generator.processor.span_metrics.filter_policies[].include \
         metrics_generator.processor.span_metrics.filter_policies[].include_any",
        "attributes match_type",
    ),
    (
        "metrics_generator.processor.service_graphs.filter_policies[].exclude.attributes[] \
         metrics_generator.processor.service_graphs.filter_policies[].include.attributes[] \
         metrics_generator.processor.service_graphs.filter_policies[].include_any.attributes[] \
         metrics_generator.processor.span_metrics.filter_policies[].exclude.attributes[] \
         metrics_generator.processor.span_metrics.filter_policies[].include.attributes[] \
         metrics_generator.processor.span_metrics.filter_policies[].include_any.attributes[]",
        "key value",
    ),
    (
        "metrics_generator.processor.span_metrics.dimension_mappings[]",
        "join name source_labels",
    ),
    (
        "metrics_generator.processor.span_metrics.intrinsic_dimensions",
        "service span_kind span_name status_code status_message",
    ),
    (
        "metrics_generator.storage.wal",
        "max_wal_time min_wal_time no_lockfile stripe_size truncate_frequency wal_compression wal_segment_size",
    ),
    (
        "metrics_generator.traces_storage",
        "blocksfilepath completedfilepath ingestion_time_range_slack path search_encoding v2_encoding version",
    ),
    (
        "querier.frontend_worker",
        "dns_lookup_duration frontend_address grpc_client_config id match_max_concurrent parallelism scheduler_address",
    ),
    ("querier.metrics", "concurrent_blocks time_overlap_cutoff"),
    (
        "querier.partition_ring",
        "hedging_delay minimize_requests preferred_zone",
    ),
    ("querier.search.google_cloud_run", "external_endpoints noauth"),
    ("querier.trace_by_id", "external query_timeout"),
    ("querier.trace_by_id.external", "endpoint timeout"),
    (
        "query_frontend.grpc_client_config",
        "backoff_config backoff_on_ratelimits grpc_compression max_recv_msg_size max_send_msg_size rate_limit \
         rate_limit_burst tls_ca_path tls_cert_path tls_enabled tls_insecure_skip_verify tls_key_path tls_server_name",
    ),
    ("query_frontend.mcp_server", "enabled"),
    (
        "query_frontend.search.metadata_slo",
        "duration_slo throughput_bytes_slo",
    ),
    (
        "query_frontend.trace_by_id",
        "concurrent_shards duration_slo external_enabled hedge_requests_at hedge_requests_up_to query_shards \
         throughput_bytes_slo",
    ),
    (
        "query_frontend.weights",
        "max_regex_conditions max_traceql_conditions request_with_weights retry_with_weights",
    ),
    (
        "metrics_generator.storage.remote_write[]",
        "authorization azuread basic_auth bearer_token bearer_token_file enable_http2 follow_redirects google_iam headers host \
         http_headers metadata_config name no_proxy oauth2 protobuf_message proxy_connect_header proxy_from_environment \
         proxy_url queue_config remote_timeout round_robin_dns send_exemplars send_native_histograms sigv4 tls_config url \
         write_relabel_configs",
    ),
    (
        "metrics_generator.storage.remote_write[].queue_config",
        "batch_send_deadline capacity max_backoff max_samples_per_send max_shards min_backoff min_shards \
         retry_on_http_429 sample_age_limit",
    ),
    ("storage.trace.pool", "max_workers queue_depth"),
    (
        "storage.trace.s3.sse",
        "encryption_key kms_encryption_context kms_key_id type",
    ),
    ("usage_report", "backoff reporting_enabled"),
];
