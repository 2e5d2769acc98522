//! The keys of a Tempo configuration by release: data, nothing else.
//!
//! Made from the Go structs of the tags v2.2.0 to v3.0.3 of `grafana/tempo` (`cmd/tempo/app/config.go`, `modules/*/config.go`,
//! `tempodb/config.go`, `modules/overrides/config*.go`, and `server/server.go` of the vendored `grafana/dskit`, before it `weaveworks/common`). A key
//! that came with a patch, was not in the next minor release, and came again has no range: none would be right. Sections that are not listed are not
//! judged.

/// Sections and their keys. A key is `name`, `name:FIRST-`, `name:-LAST` or `name:FIRST-LAST`, with the releases that accept it; `LAST` is a
/// minor release with all its patches. No first release means older than the table, no last one newer. The section `legacy` is what
/// `overrides` accepts in its old form.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    (
        "",
        "auth_enabled autocomplete_filtering_enabled:-2.5 backend_scheduler:2.8- backend_scheduler_client:2.8- \
         backend_worker:2.8- block_builder:2.8- cache:2.4- compactor:-2.10 distributor enable_go_runtime_metrics http_api_prefix \
         ingest:2.8- ingester:-2.10 ingester_client:-2.10 internal_server live_store:2.9- live_store_client:2.9- memberlist \
         memory:3.0- metrics_generator metrics_generator_client multitenancy_enabled overrides partition_ring_live_store:2.9-2.10 \
         querier query_frontend server shutdown_delay:2.4- span_profiling:3.0- storage stream_over_http_enabled:2.2.1- target \
         usage_report use_otel_tracer:-2.6",
    ),
    (
        "backend_scheduler",
        "backend_flush_interval:2.9- job_timeout:2.8- local_work_path:2.9- maintenance_interval:2.8- provider:2.8- \
         tenant_measurement_interval:2.8-2.8 work:2.8-",
    ),
    (
        "backend_worker",
        "backend_scheduler_addr:2.8- backoff:2.8- compaction:2.8- finish_on_shutdown_timeout:2.9- override_ring_key:2.8- \
         ring:2.8-",
    ),
    (
        "block_builder",
        "assigned_partitions:2.8- block:2.8- consume_cycle_duration:2.8- instance_id:2.8- max_consuming_bytes:2.8- \
         partitions_per_instance:2.10- wal:2.8-",
    ),
    (
        "compactor",
        "compaction:-2.10 disabled:-2.10 override_ring_key:-2.10 ring:-2.10",
    ),
    (
        "compactor.compaction",
        "block_retention compacted_block_retention compaction_cycle compaction_window max_block_bytes max_compaction_objects \
         max_time_per_tenant retention_concurrency v2_in_buffer_bytes:-2.10 v2_out_buffer_bytes:-2.10 \
         v2_prefetch_traces_count:-2.10",
    ),
    (
        "distributor",
        "artificial_delay:2.8- extend_writes:-2.10 forwarders ingester_write_path_enabled:2.9-2.10 kafka_config:2.8- \
         kafka_write_path_enabled:2.8-2.10 log_discarded_spans:2.7- log_received_spans log_received_traces:-2.2 \
         max_attribute_bytes:2.8- max_span_attr_byte:2.7-2.7 metric_received_spans:2.3- override_ring_key receivers \
         retry_after_on_resource_exhausted:2.3- ring usage:2.7-",
    ),
    ("ingest", "enabled:2.8-2.10 kafka:2.8-"),
    (
        "ingester",
        "complete_block_timeout:-2.10 concurrent_flushes:-2.10 flush_all_on_shutdown:-2.10 flush_check_period:-2.10 \
         flush_object_storage:2.8-2.10 flush_op_timeout:-2.10 lifecycler:-2.10 max_block_bytes:-2.10 max_block_duration:-2.10 \
         override_ring_key:-2.10 partition_ring:2.8-2.10 trace_idle_period:-2.10 trace_live_period:2.8.3-2.10",
    ),
    (
        "legacy",
        "block_retention compaction_disabled:2.6- compaction_window:2.4- cost_attribution:2.7- forwarders \
         ingestion_artificial_delay:2.8- ingestion_burst_size_bytes ingestion_max_attribute_bytes:2.8- ingestion_rate_limit_bytes \
         ingestion_rate_strategy ingestion_retry_info_enabled:2.10- ingestion_tenant_shard_size:2.5- left_pad_trace_ids:3.0- \
         max_blocks_per_tag_values_query max_bytes_per_tag_values_query max_bytes_per_trace \
         max_condition_groups_per_tag_query:3.0- max_global_traces_per_user max_metrics_duration:2.5- max_search_duration \
         max_traces_per_user metrics_generator_collection_interval metrics_generator_disable_collection \
         metrics_generator_forwarder_queue_size metrics_generator_forwarder_workers \
         metrics_generator_generate_native_histograms:2.6- metrics_generator_ingestion_time_range_slack \
         metrics_generator_max_active_entities:2.10- metrics_generator_max_active_series \
         metrics_generator_max_cardinality_per_label:3.0- metrics_generator_native_histogram_bucket_factor:2.9- \
         metrics_generator_native_histogram_max_bucket_number:2.9- metrics_generator_native_histogram_min_reset_duration:2.9- \
         metrics_generator_processor_host_info_host_identifiers:2.8- metrics_generator_processor_host_info_metric_name:2.8- \
         metrics_generator_processor_local_blocks_complete_block_timeout:-2.10 \
         metrics_generator_processor_local_blocks_flush_check_period:-2.10 \
         metrics_generator_processor_local_blocks_max_block_bytes:-2.10 \
         metrics_generator_processor_local_blocks_max_block_duration:-2.10 \
         metrics_generator_processor_local_blocks_max_live_traces:-2.10 \
         metrics_generator_processor_local_blocks_trace_idle_period:-2.10 metrics_generator_processor_service_graphs_dimensions \
         metrics_generator_processor_service_graphs_enable_client_server_prefix \
         metrics_generator_processor_service_graphs_enable_messaging_system_latency_histogram:2.5- \
         metrics_generator_processor_service_graphs_enable_tracestate_span_multiplier:3.0- \
         metrics_generator_processor_service_graphs_enable_virtual_node_label:2.5- \
         metrics_generator_processor_service_graphs_filter_policies:3.0- \
         metrics_generator_processor_service_graphs_histogram_buckets metrics_generator_processor_service_graphs_peer_attributes \
         metrics_generator_processor_service_graphs_span_multiplier_key:3.0- \
         metrics_generator_processor_span_metrics_dimension_mappings metrics_generator_processor_span_metrics_dimensions \
         metrics_generator_processor_span_metrics_enable_instance_label:2.10- \
         metrics_generator_processor_span_metrics_enable_target_info \
         metrics_generator_processor_span_metrics_enable_tracestate_span_multiplier:3.0- \
         metrics_generator_processor_span_metrics_filter_policies metrics_generator_processor_span_metrics_histogram_buckets \
         metrics_generator_processor_span_metrics_intrinsic_dimensions \
         metrics_generator_processor_span_metrics_span_multiplier_key:3.0- \
         metrics_generator_processor_span_metrics_target_info_excluded_dimensions metrics_generator_processors \
         metrics_generator_remote_write_headers:2.4- metrics_generator_ring_size metrics_generator_span_name_sanitization:3.0- \
         metrics_generator_trace_id_label_name:2.4- metrics_spanonly_fetch:3.0- parquet_dedicated_columns unsafe_query_hints:2.5-",
    ),
    (
        "live_store",
        "block_config:2.9-2.10 block_reclaim_grace:3.0- commit_interval:2.9- complete_block_concurrency:2.9- \
         complete_block_timeout:2.9- fail_on_high_lag:3.0- flush_check_period:2.9- flush_op_timeout:2.9- max_block_bytes:2.9- \
         max_block_duration:2.9- max_live_traces_bytes:2.9- max_trace_idle:2.9- max_trace_live:2.9- metrics:2.9- \
         partition_ring:2.9- query_block_concurrency:2.9- readiness_max_wait:3.0- readiness_target_lag:3.0- \
         remove_owner_on_shutdown:3.0- ring:2.9- shutdown_marker_dir:2.10- wal:2.10-",
    ),
    (
        "metrics_generator",
        "codec:2.8- disable_grpc:2.8-2.10 disable_local_blocks:2.8-2.10 ingest_concurrency:2.8- instance_id:2.8- \
         leave_consumer_group_on_shutdown:3.0- limiter_type:2.10- metrics_ingestion_time_range_slack override_ring_key processor \
         query_timeout:-2.10 registry ring ring_mode:3.0- storage traces_query_storage:2.8-2.10 traces_storage:-2.10",
    ),
    (
        "metrics_generator.processor",
        "host_info:2.8- local_blocks:-2.10 service_graphs span_metrics",
    ),
    (
        "metrics_generator.processor.local_blocks",
        "block:-2.10 complete_block_timeout:-2.10 concurrency:2.8-2.10 concurrent_blocks filter_server_spans:2.4-2.10 \
         flush_check_period:-2.10 flush_to_storage:2.6-2.10 max_block_bytes:-2.10 max_block_duration:-2.10 max_live_traces:-2.10 \
         max_live_traces_bytes:2.8-2.10 search:-2.10 time_overlap_cutoff trace_idle_period:-2.10 trace_live_period:2.8.3-2.10",
    ),
    (
        "metrics_generator.processor.service_graphs",
        "database_name_attributes:2.10- dimensions enable_client_server_prefix enable_messaging_system_latency_histogram:2.5- \
         enable_tracestate_span_multiplier:3.0- enable_virtual_node_label:2.5- filter_policies:3.0- histogram_buckets max_items \
         peer_attributes span_multiplier_key wait workers",
    ),
    (
        "metrics_generator.processor.span_metrics",
        "dimension_mappings dimensions enable_instance_label:2.10- enable_target_info enable_tracestate_span_multiplier:3.0- \
         filter_policies histogram_buckets intrinsic_dimensions span_multiplier_key subprocessors \
         target_info_excluded_dimensions:2.3-",
    ),
    (
        "metrics_generator.registry",
        "collection_interval external_labels inject_tenant_id_as:2.5- max_label_name_length max_label_value_length stale_duration",
    ),
    (
        "metrics_generator.storage",
        "path remote_write remote_write_add_org_id_header:2.3- remote_write_flush_deadline wal",
    ),
    (
        "overrides",
        "defaults:2.3- enable_legacy_overrides:3.0- per_tenant_override_config per_tenant_override_period \
         user_configurable_overrides",
    ),
    (
        "overrides.defaults",
        "compaction:2.3- cost_attribution:2.7- forwarders:2.3- global:2.3- ingestion:2.3- metrics_generator:2.3- read:2.3- \
         storage:2.3-",
    ),
    (
        "overrides.defaults.compaction",
        "block_retention:2.3- compaction_disabled:2.6- compaction_window:2.4-",
    ),
    (
        "overrides.defaults.cost_attribution",
        "dimensions:2.7- max_cardinality:2.7-",
    ),
    ("overrides.defaults.global", "max_bytes_per_trace:2.3-"),
    (
        "overrides.defaults.ingestion",
        "artificial_delay:2.8- burst_size_bytes:2.3- max_attribute_bytes:2.8- max_global_traces_per_user:2.3- \
         max_traces_per_user:2.3- rate_limit_bytes:2.3- rate_strategy:2.3- retry_info_enabled:2.10- tenant_shard_size:2.5-",
    ),
    (
        "overrides.defaults.metrics_generator",
        "collection_interval:2.3- disable_collection:2.3- forwarder:2.3- generate_native_histograms:2.6- \
         ingestion_time_range_slack:2.3- max_active_entities:2.10- max_active_series:2.3- max_cardinality_per_label:3.0- \
         native_histogram_bucket_factor:2.9- native_histogram_max_bucket_number:2.9- native_histogram_min_reset_duration:2.9- \
         processor:2.3- processors:2.3- remote_write_headers:2.4- ring_size:2.3- span_name_sanitization:3.0- \
         trace_id_label_name:2.4-",
    ),
    (
        "overrides.defaults.metrics_generator.forwarder",
        "queue_size:2.3- workers:2.3-",
    ),
    (
        "overrides.defaults.metrics_generator.processor",
        "host_info:2.8- local_blocks:2.3-2.10 service_graphs:2.3- span_metrics:2.3-",
    ),
    (
        "overrides.defaults.metrics_generator.processor.host_info",
        "host_identifiers:2.8- metric_name:2.8-",
    ),
    (
        "overrides.defaults.metrics_generator.processor.local_blocks",
        "complete_block_timeout:2.3-2.10 flush_check_period:2.3-2.10 max_block_bytes:2.3-2.10 max_block_duration:2.3-2.10 \
         max_live_traces:2.3-2.10 trace_idle_period:2.3-2.10",
    ),
    (
        "overrides.defaults.metrics_generator.processor.service_graphs",
        "dimensions:2.3- enable_client_server_prefix:2.3- enable_messaging_system_latency_histogram:2.5- \
         enable_tracestate_span_multiplier:3.0- enable_virtual_node_label:2.5- filter_policies:3.0- histogram_buckets:2.3- \
         peer_attributes:2.3- span_multiplier_key:3.0-",
    ),
    (
        "overrides.defaults.metrics_generator.processor.span_metrics",
        "dimension_mappings:2.3- dimensions:2.3- enable_instance_label:2.10- enable_target_info:2.3- \
         enable_tracestate_span_multiplier:3.0- filter_policies:2.3- histogram_buckets:2.3- intrinsic_dimensions:2.3- \
         span_multiplier_key:3.0- target_info_excluded_dimensions:2.3-",
    ),
    (
        "overrides.defaults.read",
        "left_pad_trace_ids:3.0- max_blocks_per_tag_values_query:2.3- max_bytes_per_tag_values_query:2.3- \
         max_condition_groups_per_tag_query:3.0- max_metrics_duration:2.5- max_search_duration:2.3- metrics_spanonly_fetch:3.0- \
         unsafe_query_hints:2.5-",
    ),
    ("overrides.defaults.storage", "parquet_dedicated_columns:2.3-"),
    (
        "querier",
        "extra_query_delay frontend_worker max_concurrent_queries metrics:2.5- partition_ring:2.9- query_live_store:2.10-2.10 \
         query_relevant_ingesters search secondary_ingester_ring shuffle_sharding_ingesters_enabled:2.5- \
         shuffle_sharding_ingesters_lookback_period:2.5- trace_by_id",
    ),
    (
        "querier.search",
        "external_backend:-2.7 external_endpoints:-2.7 external_hedge_requests_at:-2.7 external_hedge_requests_up_to:-2.7 \
         google_cloud_run:-2.7 prefer_self:-2.7 query_timeout",
    ),
    (
        "query_frontend",
        "allowed_headers:2.9- api_timeout:2.5- log_query_request_headers max_batch_size max_grpc_streaming_packet_size:3.0- \
         max_outstanding_per_tenant max_query_expression_size_bytes:2.7- max_retries mcp_server:2.9- metrics:2.4- \
         multi_tenant_queries_enabled:2.4- querier_forget_delay query_end_cutoff:2.10- response_consumers:2.6- rf1_after:2.8- \
         search skip_ast_transformations:3.0- trace_by_id url_deny_list:2.6- weights:2.7-",
    ),
    (
        "query_frontend.metrics",
        "concurrent_jobs:2.4- duration_slo exemplars:2.6-2.6 interval:2.4- max_duration:2.4- max_exemplars:2.6- \
         max_intervals:2.9- max_response_series:2.8- query_backend_after:2.4- streaming_shards:2.10- target_bytes_per_job:2.4- \
         throughput_bytes_slo",
    ),
    (
        "query_frontend.search",
        "concurrent_jobs default_result_limit default_spans_per_span_set:2.10- duration_slo ingester_shards:2.5- max_duration \
         max_result_limit max_spans_per_span_set:2.7- metadata_slo:2.7- most_recent_shards:2.8- query_backend_after \
         query_ingesters_until:-2.10 target_bytes_per_job throughput_bytes_slo timeout:2.5-",
    ),
    (
        "server",
        "cluster_validation:2.8- create_new_traces graceful_shutdown_timeout grpc_collect_max_streams_by_conn:2.8.4- \
         grpc_listen_address grpc_listen_conn_limit grpc_listen_network grpc_listen_port grpc_server_keepalive_time \
         grpc_server_keepalive_timeout grpc_server_max_concurrent_streams grpc_server_max_connection_age \
         grpc_server_max_connection_age_grace grpc_server_max_connection_idle grpc_server_max_recv_msg_size \
         grpc_server_max_send_msg_size grpc_server_min_time_between_pings grpc_server_num_workers:2.4- \
         grpc_server_ping_without_stream_allowed grpc_server_read_buffer_size grpc_server_recv_buffer_pools_enabled:2.6- \
         grpc_server_stats_tracking_enabled:2.6- grpc_server_write_buffer_size grpc_tls_config http_listen_address \
         http_listen_conn_limit http_listen_network http_listen_port http_log_closed_connections_without_response_enabled:2.4- \
         http_path_prefix http_server_idle_timeout http_server_read_header_timeout:2.4- http_server_read_timeout \
         http_server_write_timeout http_tls_config log_format log_level log_request_at_info_level_enabled \
         log_request_exclude_headers_list log_request_headers log_source_ips_enabled log_source_ips_full:2.5- \
         log_source_ips_header log_source_ips_regex proxy_protocol_enabled:2.6- register_instrumentation \
         report_grpc_codes_in_instrumentation_label_enabled:2.4- tls_cipher_suites tls_min_version \
         trace_request_exclude_headers_list:2.8.4- trace_request_headers:2.8.4-",
    ),
    ("storage", "trace"),
    (
        "storage.trace",
        "azure backend background_cache block blocklist_poll blocklist_poll_concurrency blocklist_poll_fallback \
         blocklist_poll_jitter_ms blocklist_poll_stale_tenant_index blocklist_poll_tenant_concurrency:2.6- \
         blocklist_poll_tenant_index_builders blocklist_poll_tolerate_consecutive_errors \
         blocklist_poll_tolerate_tenant_failures:2.6- cache cache_max_block_age cache_min_compaction_level \
         empty_tenant_deletion_age:2.5- empty_tenant_deletion_enabled:2.5- gcs local memcached pool redis s3 search wal",
    ),
    (
        "storage.trace.azure",
        "buffer_size container_name endpoint_suffix hedge_requests_at hedge_requests_up_to max_buffers prefix storage_account_key \
         storage_account_name use_federated_token use_managed_identity use_v2_sdk:-2.5 user_assigned_id",
    ),
    (
        "storage.trace.block",
        "bloom_filter_false_positive bloom_filter_shard_size_bytes parquet_dedicated_columns:2.3- parquet_row_group_size_bytes \
         search_encoding:-2.10 search_page_size_bytes:-2.10 v2_encoding:-2.10 v2_index_downsample_bytes:-2.10 \
         v2_index_page_size_bytes:-2.10 version",
    ),
    (
        "storage.trace.gcs",
        "bucket_name chunk_buffer_size endpoint hedge_requests_at hedge_requests_up_to insecure list_blocks_concurrency:2.4- \
         max_retries:2.10- object_cache_control object_metadata prefix",
    ),
    ("storage.trace.local", "path"),
    (
        "storage.trace.s3",
        "access_key bucket bucket_lookup_type enable_dual_stack:2.6- endpoint forcepathstyle hedge_requests_at \
         hedge_requests_up_to insecure list_blocks_concurrency:2.4- metadata native_aws_auth_enabled:2.2.3- part_size prefix \
         region retry_backoff_initial:3.0- retry_backoff_max:3.0- retry_max_attempts:3.0- secret_key session_token signature_v2 \
         sse:2.8- storage_class tags tls_ca_path tls_cert_path tls_cipher_suites tls_insecure_skip_verify tls_key_path \
         tls_min_version tls_server_name",
    ),
    (
        "storage.trace.wal",
        "blocksfilepath:-2.5 completedfilepath:-2.5 ingestion_time_range_slack path search_encoding:-2.10 v2_encoding:-2.10 \
         version:-2.10",
    ),
];
