"""The session cycle measured: sessions, who took part, questions, ideas and their follow-up, wishes and complaints."""
