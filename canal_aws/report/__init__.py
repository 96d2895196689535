"""What people look at: data first, rendering apart."""
